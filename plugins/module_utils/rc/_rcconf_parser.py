# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Commands of rc.conf(5): enough of sh(1)'s grammar to know which assignments are there and when they count."""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_words import NAME, Lexer, Word

SIMPLE = "simple"
IF = "if"
LOOP = "loop"
CASE = "case"
GROUP = "group"
SUBSHELL = "subshell"
FUNCTION = "function"

_ASSIGNMENT = re.compile(rf"({NAME})=")
_FUNCTION = re.compile(rf"({NAME})[ \t]*\([ \t]*\)")
_RESERVED = re.compile(r"(?:if|then|elif|else|fi|while|until|for|do|done|case|esac|in|[{}!])(?=[\s;&|()<>]|\Z)")
_REDIRECTION = re.compile(r"[0-9]*(<<-?|>>|>&|<&|<>|>\||<|>)")
_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
_COMMENT = re.compile(r"#[^\n]*")
# their arguments are assignments, too
DECLARING = ("export", "readonly")


class Assignment(NamedTuple):
    """``name=value``; ``start`` and ``end`` are offsets of the whole, ``value`` has its own."""

    name: str
    value: Word
    start: int
    end: int


class Command(NamedTuple):
    """One command.

    :param joined: what stands between the command before and this one: empty, ``&&``, ``||`` or ``|``.
    :param assignments: before the first word; those of export and readonly, too.
    :param bodies: lists of commands: for ``if`` a condition and its body in turns, then that of ``else``.
    :param name: of the function, or the variable of ``for``.
    """

    kind: str
    start: int
    end: int
    joined: str = ""
    negated: bool = False
    background: bool = False
    assignments: tuple[Assignment, ...] = ()
    words: tuple[Word, ...] = ()
    bodies: tuple[tuple[Command, ...], ...] = ()
    name: str = ""


def parse(text: str, path: str) -> tuple[Command, ...]:
    """The commands of a file.

    :raises ConfigSyntaxError: sh could not read it, or we cannot; with line and column.
    """
    try:
        return _Parser(text, path).all()
    except RecursionError:
        raise ConfigSyntaxError(path, 1, 1, "brackets or commands in one another, too many to be read here.") from None


class _Parser(Lexer):
    def __init__(self, text: str, path: str) -> None:
        super().__init__(text, path)
        self._here_documents: list[tuple[str, bool]] = []

    def all(self) -> tuple[Command, ...]:
        commands = self._list(())
        if self.position < len(self.text):
            raise self.error(self.position, f"{self.peek()} is out of place.")
        return commands

    def command_list(self, opened: int) -> None:
        self._list((")",))
        if self.peek() != ")":
            raise self.error(opened, "$( is not closed.")
        self.position += 1

    def commands_of(self, text: str) -> None:
        parse(text, self.path)

    # lists

    def _list(self, stops: tuple[str, ...]) -> tuple[Command, ...]:
        """Commands up to one of the ``stops`` (reserved words, ``)`` or ``;;``), which is left where it is."""
        commands: list[Command] = []
        joined = ""
        while True:
            self._skip_lines()
            if self._at_stop(stops):
                if joined:
                    raise self.error(self.position, f"{joined} has no command behind it.")
                return tuple(commands)
            if joined == "|" and self._reserved() == "!":
                raise self.error(self.position, "! is out of place: it negates a whole pipeline.")
            command = self._command()._replace(joined=joined)
            joined, background = self._separator()
            commands.append(command._replace(background=background))

    def _at_stop(self, stops: tuple[str, ...]) -> bool:
        if self.position >= len(self.text):
            return True
        if self.peek(2) == ";;":
            return ";;" in stops
        return self.peek() in stops or self._reserved() in stops

    def _separator(self) -> tuple[str, bool]:
        self._skip_blanks()
        for sign in ("&&", "||"):
            if self.peek(2) == sign:
                self.position += 2
                return sign, False
        if self.peek(2) == ";;":
            return "", False
        sign = self.peek()
        if sign in ("|", "&", ";"):
            self.position += 1
        elif sign not in ("", "\n", ")", "#"):
            raise self.error(self.position, f"{sign} is out of place.")
        return ("|" if sign == "|" else "", sign == "&")

    def _body(self, opened: int, *stops: str) -> tuple[Command, ...]:
        """A list that must not be empty and must end with one of the stops."""
        commands = self._list(stops)
        if self.position >= len(self.text):
            raise self.error(opened, f"this is not closed: {' or '.join(stops)} is missing.")
        if not commands:
            raise self.error(self.position, "a command is missing here.")
        return commands

    # commands

    def _command(self) -> Command:
        start, negated = self.position, False
        if self._reserved() == "!":
            self._expect("!")
            self._skip_blanks()
            negated = True
        at = self.position
        word = self._reserved()
        if self.peek() == "(":
            self.position += 1
            command = Command(SUBSHELL, at, 0, bodies=(self._body(at, ")"),))
            self.position += 1
        elif word == "{":
            self._expect(word)
            command = Command(GROUP, at, 0, bodies=(self._body(at, "}"),))
            self._expect("}")
        elif word in ("if", "while", "until", "for", "case"):
            command = {"if": self._if, "for": self._for, "case": self._case}.get(word, self._while)(word)
        elif word:
            raise self.error(at, f"{word} is out of place.")
        else:
            return self._function_or_simple(start)._replace(negated=negated)
        while self._redirection():
            pass
        return command._replace(start=start, end=self.position, negated=negated)

    def _if(self, word: str) -> Command:
        start = self.position
        bodies = []
        self._expect("if")
        while True:
            bodies.append(self._body(start, "then"))
            self._expect("then")
            bodies.append(self._body(start, "elif", "else", "fi"))
            if self._reserved() != "elif":
                break
            self._expect("elif")
        if self._reserved() == "else":
            self._expect("else")
            bodies.append(self._body(start, "fi"))
        self._expect("fi")
        return Command(IF, start, 0, bodies=tuple(bodies))

    def _while(self, word: str) -> Command:
        start = self.position
        self._expect(word)
        condition = self._body(start, "do")
        return Command(LOOP, start, 0, bodies=(condition, self._do(start)))

    def _for(self, word: str) -> Command:
        start = self.position
        self._expect("for")
        self._skip_blanks()
        match = re.compile(NAME).match(self.text, self.position)
        if not match:
            raise self.error(self.position, "for is not followed by a name.")
        self.position = match.end()
        self._skip_lines()
        if self._reserved() == "in":
            self._expect("in")
            self._words()
        self._skip_blanks()
        if self.peek() == ";":
            self.position += 1
        self._skip_lines()
        return Command(LOOP, start, 0, bodies=((), self._do(start)), name=match.group())

    def _do(self, opened: int) -> tuple[Command, ...]:
        self._skip_lines()
        self._expect("do")
        body = self._body(opened, "done")
        self._expect("done")
        return body

    def _case(self, word: str) -> Command:
        start = self.position
        bodies = []
        self._expect("case")
        self._skip_blanks()
        self.word()
        self._skip_lines()
        self._expect("in")
        self._skip_lines()
        while self._reserved() != "esac":
            self._pattern(start)
            bodies.append(self._list((";;", "esac")))
            if self.peek(2) == ";;":
                self.position += 2
            self._skip_lines()
        self._expect("esac")
        return Command(CASE, start, 0, bodies=tuple(bodies))

    def _pattern(self, opened: int) -> None:
        if self.peek() == "(":
            self.position += 1
        while self.peek() != ")":
            self._skip_blanks()
            before = self.position
            self.word()
            if self.position == before:
                raise self.error(opened, "case is not closed: a pattern with ) or esac is missing.")
            self._skip_blanks()
            if self.peek() == "|":
                self.position += 1
        self.position += 1

    def _function_or_simple(self, start: int) -> Command:
        match = _FUNCTION.match(self.text, self.position)
        if not match:
            return self._simple(start)
        self.position = match.end()
        self._skip_lines()
        body = self._command()
        return Command(FUNCTION, start, self.position, bodies=((body,),), name=match.group(1))

    def _simple(self, start: int) -> Command:
        assignments: list[Assignment] = []
        words: list[Word] = []
        end = -1
        while True:
            self._skip_blanks()
            if self.peek() == "#":
                break
            if self._redirection():
                end = self.position
                continue
            match = _ASSIGNMENT.match(self.text, self.position)
            if match and (not words or words[0].bare in DECLARING):
                self.position = match.end()
                value = self.word()
                assignments.append(Assignment(match.group(1), value, match.start(), value.end))
            else:
                word = self.word()
                if word.start == word.end:
                    break
                words.append(word)
            end = self.position
        if end < 0:
            raise self.error(self.position, f"{self.peek() or 'the end of the file'} stands where a command should.")
        return Command(SIMPLE, start, end, assignments=tuple(assignments), words=tuple(words))

    def _words(self) -> None:
        while True:
            self._skip_blanks()
            before = self.position
            if self.peek() == "#" or self.word().end == before:
                return

    # what stands between the words

    def _reserved(self) -> str:
        match = _RESERVED.match(self.text, self.position)
        return match.group() if match else ""

    def _expect(self, word: str) -> None:
        if self._reserved() != word:
            raise self.error(self.position, f"{word} is missing here.")
        self.position += len(word)

    def _redirection(self) -> bool:
        self._skip_blanks()
        match = _REDIRECTION.match(self.text, self.position)
        if not match:
            return False
        self.position = match.end()
        self._skip_blanks()
        target = self.word()
        if target.start == target.end:
            raise self.error(match.start(), f"{match.group()} names no file.")
        if match.group(1).startswith("<<"):
            ending = "".join(part.text for part in target.parts)
            self._here_documents.append((ending, match.group(1) == "<<-"))
        return True

    def _skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.position)
        if match:
            self.position = match.end()

    def _skip_lines(self) -> None:
        """Blanks, comments and ends of lines, with the here documents that begin behind them."""
        while True:
            self._skip_blanks()
            comment = _COMMENT.match(self.text, self.position)
            if comment:
                self.position = comment.end()
            elif self.peek() == "\n":
                self.position += 1
                self._skip_here_documents()
            else:
                return

    def _skip_here_documents(self) -> None:
        for ending, tabs in self._here_documents:
            while self.position < len(self.text):
                line, _newline, _rest = self.text[self.position :].partition("\n")
                self.position += len(line) + 1
                if (line.lstrip("\t") if tabs else line) == ending:
                    break
            self.position = min(self.position, len(self.text))
        self._here_documents = []
