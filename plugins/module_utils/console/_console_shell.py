# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A command to a Bourne shell that somebody else started, at the other end of a serial line.

What is typed comes back as an echo, in the way of the terminal or of the shell's line editor, so the shell is made to
print marks that do not look like what was typed: ``echo x''c-…`` prints ``xc-…``. Between the marks ``begin`` and
``end=RC.`` stands what the command has written, and nothing of what was typed. The second mark is printed twice, as
the kernel writes its messages between the bytes of others.

A terminal takes no more than some hundred characters of a line (MAX_CANON of POSIX is at least 255; NetBSD's tty(4) has
a queue of 1024), so the command is given to a variable in pieces, each of which is acknowledged. Newlines and tabs are
variables, too: to a line editor they are keys. The command is run in a subshell, so its ``exit`` and ``cd`` end there.
"""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

_PIECE = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Output(NamedTuple):
    """What a command has left.

    :param data: all that it wrote, stdout and stderr as they came.
    :param whole: False when there was more than is kept, and this is its end.
    """

    rc: int
    data: bytes
    whole: bool


def require_typable(option: str, command: str) -> str:
    """:raises BadValue: nothing to run, or keys that a terminal acts on."""
    if not command.strip():
        raise BadValue(option, command, "there is nothing to run.")
    if _CONTROL.search(command):
        raise BadValue(option, command, "control characters other than newline and tab cannot be typed to a shell.")
    return command


class Marks:
    """The marks of one task.

    :param nonce: what nobody else on this console says.
    """

    def __init__(self, nonce: str | None = None) -> None:
        self.nonce = nonce or uuid.uuid4().hex[:10]

    def printed(self, word: str) -> bytes:
        return f"xc-{self.nonce}-{word}".encode()

    def typed(self, word: str) -> str:
        """An ``echo`` of a mark that does not contain the mark."""
        return f"echo x''c-{self.nonce}-{word}"

    # A shell, or not

    def probe(self) -> str:
        """The line to which a Bourne shell answers ``ready1``. A login prompt and an installer do not, and csh
        complains of it (``_console_login``)."""
        return f"_x=1;{self.typed('ready')}$_x\n"

    def ready(self, data: bytes) -> bool:
        return self.printed("ready1") in data

    # A command

    def lines(self, command: str, asks: bool) -> list[tuple[str, bytes]]:
        """What to type, and with what the shell answers each. The last one runs the command.

        :param asks: it reads answers from the console; else it gets no input.
        """
        typed = [("_xn='\n'", 0)] if "\n" in command else []
        typed += [("_xt=`printf '\\t'`", 0)] if "\t" in command else []
        typed += [(f"_xc={'$_xc' if index else ''}{word}", 0) for index, word in enumerate(_words(command))]
        acknowledged = [
            (f"{text};{self.typed(str(number))}.\n", self.printed(f"{number}."))
            for number, (text, _count) in enumerate(typed)
        ]
        given = "" if asks else " </dev/null"
        end = f"{self.typed('end')}=$_xr."
        run = f'{self.typed("begin")};(eval "$_xc"){given};_xr=$?;{end};{end};unset _x _xc _xn _xt _xr\n'
        return [*acknowledged, (run, self.printed("begin"))]

    def output(self, data: bytes) -> Output | None:
        """What the command has written; None when it has not ended."""
        end = re.search(re.escape(self.printed("end=")) + rb"([0-9]+)\.", data)
        if not end:
            return None
        begin = re.search(re.escape(self.printed("begin")) + rb"[^\n]*\n", data[: end.start()])
        return Output(int(end.group(1)), data[begin.end() if begin else 0 : end.start()], begin is not None)


def _words(command: str) -> list[str]:
    """The command in pieces, each as a word of the shell."""
    words = []
    for part in re.findall(r"[^\n\t]+|\n|\t", command):
        if part in "\n\t":
            words.append('"$_xn"' if part == "\n" else '"$_xt"')
            continue
        for start in range(0, len(part), _PIECE):
            quoted = part[start : start + _PIECE].replace("'", "'\\''")
            words.append(f"'{quoted}'")
    return words
