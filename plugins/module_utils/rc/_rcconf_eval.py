# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What the variables of rc.conf(5) are once sh has read it, without running anything of it."""

from __future__ import annotations

import os
import re
from typing import Callable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_parser as syntax
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_parser import Assignment, Command
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_words import CHAR, PARAMETER, Part, Word

# Their assignments stay after the command (sh(1), special built-ins).
_SPECIAL = frozenset([":", ".", "break", "continue", "eval", "exit", "export", "readonly", "return", "set", "unset"])
# What a shell has without being told; not the same in every shell, so nothing to build on.
_FROM_ENVIRONMENT = frozenset(["PATH", "HOME", "PWD", "OLDPWD", "IFS", "LOGNAME", "USER", "SHELL", "TERM", "OPTIND"])
_DEEPEST = 8
# Where an expansion becomes several words, or names of files.
_DIVIDED = re.compile(r"[\s*?\[\\]")


class Place(NamedTuple):
    """Where an assignment stands: the file, the command that holds it, and itself."""

    path: str
    command: Command
    assignment: Assignment


class Setting(NamedTuple):
    """One variable after all files are read.

    :param value: None when only a shell could tell; ``reason`` then says why.
    :param path: the file that decides, with its ``line``; empty when nothing assigns it.
    :param chain: the assignments whose text is in the value, the deciding one last: ``x="$x more"`` goes on from the
        one before it. Empty when there are none, or when it is not certain which.
    """

    name: str
    value: str | None
    reason: str = ""
    path: str = ""
    line: int = 0
    chain: tuple[Place, ...] = ()


class Doubt(NamedTuple):
    """A place that may change any variable: ``eval``, a file whose name only a shell knows."""

    path: str
    line: int
    reason: str


class _Stopped(Exception):
    """return or exit."""


class Evaluator:
    """Reads files one after the other, as rc.subr(8) does, into ``settings``.

    :param read_text: gives the text of a file, or None when it is not there.
    :param exists: tells whether there is anything under a path.
    """

    def __init__(self, read_text: Callable[[str], str | None], exists: Callable[[str], bool] = os.path.exists) -> None:
        self._read_text = read_text
        self._exists = exists
        self.settings: dict[str, Setting] = {}
        self.doubts: list[Doubt] = []
        self._functions: dict[str, Command] = {}
        # the file that is being read, and those that have sourced it
        self._path = ""
        self._text = ""
        self._depth = 0
        # whether what is being looked at is reached for certain: not in an `if` that only a shell can decide, and not
        # behind a `return` in one
        self._reached = True
        self._over = False

    @property
    def _certain(self) -> bool:
        return self._reached and not self._over

    def source(self, path: str) -> bool:
        """Read one file; whether it was there.

        :raises ConfigSyntaxError: with line and column.
        """
        text = self._read_text(path)
        if text is None:
            return False
        outer = (self._path, self._text, self._reached, self._over)
        self._path, self._text = path, text
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                self._doubt(0, "files that source each other")
            else:
                self._run(syntax.parse(text, path))
        except _Stopped:
            pass
        finally:
            self._depth -= 1
            self._path, self._text, self._reached, self._over = outer
        return True

    # commands; each gives its exit status as True (0), False or None (unknown)

    def _run(self, commands: Sequence[Command]) -> bool | None:
        status: bool | None = True
        for number, command in enumerate(commands):
            following = commands[number + 1] if number + 1 < len(commands) else None
            alone = command.background or command.joined == "|" or (following is not None and following.joined == "|")
            skipped = (command.joined == "&&" and status is False) or (command.joined == "||" and status is True)
            if skipped:
                continue
            doubtful = command.joined in ("&&", "||") and status is None
            if alone:
                status = None  # in a shell of its own: it sets nothing here
            elif doubtful:
                self._uncertain([command._replace(joined="")])
            else:
                status = self._command(command)
        return status

    def _command(self, command: Command) -> bool | None:
        status: bool | None = None
        if command.kind == syntax.SIMPLE:
            status = self._simple(command)
        elif command.kind == syntax.IF:
            status = self._if(command)
        elif command.kind == syntax.GROUP:
            status = self._run(command.bodies[0])
        elif command.kind == syntax.FUNCTION:
            self._functions[command.name] = command
            status = True
        elif command.kind in (syntax.LOOP, syntax.CASE):
            if command.name:
                self._unknown(command.name, command, "it is the variable of a loop")
            for body in command.bodies:
                self._uncertain(body)
        if command.negated and status is not None:
            return not status
        return status

    def _uncertain(self, commands: Sequence[Command]) -> None:
        outer, self._reached = self._reached, False
        try:
            self._run(commands)
        finally:
            self._reached = outer

    def _if(self, command: Command) -> bool | None:
        bodies = list(command.bodies)
        while len(bodies) > 1:
            condition = self._run(bodies[0])
            if condition is True:
                return self._run(bodies[1])
            if condition is None:
                for body in bodies[1:]:
                    self._uncertain(body)
                return None
            bodies = bodies[2:]
        return self._run(bodies[0]) if bodies else True

    def _simple(self, command: Command) -> bool | None:
        name = command.words[0].literal if command.words else ""
        if not command.words or name in _SPECIAL:
            for assignment in command.assignments:
                self._assign(command, assignment)
        if not command.words:
            values = [assignment.value for assignment in command.assignments]
            return True if all(self.value_of(value.parts)[0] is not None for value in values) else None
        else:
            for assignment in () if name in _SPECIAL else command.assignments:
                self._assigned_by_expansion(command, assignment.value)
        arguments = [argument for word in command.words[1:] for argument in self._arguments(word)]
        for word in command.words[1:]:
            self._assigned_by_expansion(command, word)
        return self._builtin(command, name, arguments)

    def _arguments(self, word: Word) -> list[str | None]:
        """What a word is among the arguments, None for what only a shell could tell.

        An expansion that is not quoted is split at blanks, and its patterns are file names; nothing is left of a word
        that is nothing but empty ones (sh(1), "White Space Splitting").
        """
        value = self.value_of(word.parts)[0]
        expansions = [part for part in word.parts if part.kind == PARAMETER and not part.quote]
        if value is None or (expansions and "IFS" in self.settings):
            return [None]
        if any(_DIVIDED.search(self.value_of([part])[0] or "") for part in expansions):
            return [None]
        is_all = sum(part.end - part.start for part in expansions) == word.end - word.start
        return [] if expansions and is_all and not value else [value]

    def _builtin(self, command: Command, name: str | None, arguments: list[str | None]) -> bool | None:
        if name in (":", "true", "export", "readonly", "set"):
            return True
        if name == "false":
            return False
        if name in ("[", "test"):
            return self._test(arguments[:-1] if name == "[" else arguments)
        if name == ".":
            return self._dot(command, arguments)
        if name == "unset":
            self._unset(command, arguments)
            return True
        if name in ("return", "exit"):
            if self._certain:
                raise _Stopped
            self._over = True
        elif name == "read":
            for argument in arguments:
                if argument:
                    self._unknown(argument, command, "it is read from somewhere")
        elif name == "eval" or name is None:
            self._doubt(command.start, "a command that only a shell can know")
        elif name in self._functions:
            self._uncertain(self._functions[name].bodies[0])
        return None

    def _dot(self, command: Command, arguments: list[str | None]) -> bool | None:
        path = arguments[0] if arguments else None
        if path is None or not path.startswith("/"):
            self._doubt(command.start, "a file that is sourced under a name that only a shell can know")
            return None
        return self.source(path)

    def _unset(self, command: Command, arguments: list[str | None]) -> None:
        for argument in arguments:
            if argument is None:
                self._doubt(command.start, "unset of a name that only a shell can know")
            elif self._certain:
                self.settings.pop(argument, None)
            elif argument in self.settings:
                self._unknown(argument, command, "unset may or may not be reached")

    def _test(self, arguments: list[str | None]) -> bool | None:
        """test(1) as rc.conf files use it: is this file there, is this string set, are these two the same."""
        if any(argument is None for argument in arguments):
            return None
        known = [argument or "" for argument in arguments]
        negated = bool(known) and known[0] == "!"
        known = known[1:] if negated else known
        answer: bool | None = None
        if len(known) == 2 and known[0] in ("-r", "-e", "-f") and known[1].startswith("/"):
            answer = self._is_file(known[1])
        elif len(known) == 2 and known[0] in ("-n", "-z"):
            answer = bool(known[1]) == (known[0] == "-n")
        elif len(known) == 3 and known[1] in ("=", "!="):
            answer = (known[0] == known[2]) == (known[1] == "=")
        elif len(known) == 1:
            answer = bool(known[0])
        return answer if answer is None else answer != negated

    def _is_file(self, path: str) -> bool | None:
        if self._read_text(path) is not None:
            return True
        return None if self._exists(path) else False

    # variables

    def _assign(self, command: Command, assignment: Assignment) -> None:
        value, reason = self.value_of(assignment.value.parts)
        if command.words and any(part.kind == PARAMETER and not part.quote for part in assignment.value.parts):
            # shells differ about splitting the words of what export is given
            value, reason = None, f"{command.words[0].literal} with an expansion that is not quoted"
        self._assigned_by_expansion(command, assignment.value)
        if not self._certain:
            self._unknown(assignment.name, command, "the assignment may or may not be reached")
            return
        before = self.settings.get(assignment.name)
        place = Place(self._path, command, assignment)
        goes_on = any(part.kind == PARAMETER and part.name == assignment.name for part in assignment.value.parts)
        chain = (*(before.chain if before and goes_on else ()), place)
        line = self._line(assignment.start)
        self.settings[assignment.name] = Setting(assignment.name, value, reason, self._path, line, chain)

    def _assigned_by_expansion(self, command: Command, word: Word) -> None:
        """${name:=value} assigns when the variable has none."""
        for part in word.parts:
            if part.kind == PARAMETER and part.operator in ("=", ":="):
                before = self.settings.get(part.name)
                if before and before.value is not None and (before.value or part.operator == "="):
                    continue
                value, reason = self.value_of(part.argument)
                if (before and before.value is None) or not self._certain:
                    self._unknown(part.name, command, "it is assigned only where it has no value")
                    continue
                line = self._line(command.start)
                self.settings[part.name] = Setting(part.name, value, reason, self._path, line)

    def value_of(self, parts: Sequence[Part]) -> tuple[str | None, str]:
        """The text of a word, or None with the reason why only a shell could tell."""
        texts = []
        names = [part.name for part in parts if part.kind == PARAMETER]
        for part in parts:
            if part.operator in ("=", ":=") and names.count(part.name) > 1:
                return None, f"{part.text} needs a shell"
            text: str | None = part.text
            reason = f"{part.text} needs a shell"
            if part.kind == PARAMETER:
                text, reason = self._parameter(part)
            elif part.kind != CHAR:
                text = None
            if text is None:
                return None, reason
            texts.append(text)
        return "".join(texts), ""

    def _parameter(self, part: Part) -> tuple[str | None, str]:
        setting = self.settings.get(part.name)
        unusual = not part.name.isidentifier() or (part.name in _FROM_ENVIRONMENT and not setting)
        if unusual or part.operator.startswith(("%", "#")):
            return None, f"{part.text} needs a shell"
        if setting and setting.value is None:
            return None, f"{part.name} is not known: {setting.reason}"
        value = setting.value if setting else None
        there = value is not None and (bool(value) or not part.operator.startswith(":"))
        if part.operator.endswith("+"):
            return self.value_of(part.argument) if there else ("", "")
        if part.operator.endswith(("-", "=")) and not there:
            return self.value_of(part.argument)
        if part.operator.endswith("?") and not there:
            return None, f"{part.text} ends the shell"
        return value or "", ""

    def _unknown(self, name: str, command: Command, reason: str) -> None:
        self.settings[name] = Setting(name, None, reason, self._path, self._line(command.start))

    def _doubt(self, offset: int, reason: str) -> None:
        self.doubts.append(Doubt(self._path, self._line(offset), reason))

    def _line(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1
