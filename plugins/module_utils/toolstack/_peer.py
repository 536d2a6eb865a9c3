# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The dom0 of another host, reached by ssh from this one, as `xl migrate` reaches it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# No question is ever asked, and a connection that has died is noticed.
SSH = "ssh -o BatchMode=yes -o ServerAliveInterval=15"
# xl puts the destination into a shell line as it is (tools/xl/xl_migrate.c, main_migrate).
_DESTINATION = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.:@%\[\]-]*")
_UNREACHABLE = 255  # ssh's own exit status; that of the remote command is passed on
_LOOK_SECONDS = 90.0
# A copy of a memory image at 1 MiB a second, for the largest guests.
_COPY_SECONDS = 86400.0
_MARK = "@netbsd.xen"
# The path of a shell that ssh starts may lack the folder of a package's programs.
_PATH = "PATH=$PATH:/usr/pkg/sbin:/usr/sbin:/usr/local/sbin:/sbin"
_LOOK = """
plain=$(command -v xl); {path}; export PATH LC_ALL; LC_ALL=C
echo "{mark} xl $plain|$(command -v xl)"
echo "{mark} list"; xl list
echo "{mark} info"; xl info
echo "{mark} paths"
for path in {paths}; do
    if [ -f "$path" ]; then echo "$(ls -lnL "$path" | awk '{{print $5}}')"
    elif [ -e "$path" ]; then echo other; else echo none; fi
done
echo "{mark} bridges"
for bridge in {bridges}; do
    if [ -d "/sys/class/net/$bridge/bridge" ]; then echo "$bridge"
    elif [ "$(uname -s)" = NetBSD ] && ifconfig "$bridge" >/dev/null 2>&1; then echo "$bridge"; fi
done
echo "{mark} config"
if [ -f {config} ]; then echo there; cat {config}; fi
"""


class View(NamedTuple):
    """What was seen on the other host.

    :param program: full path of its xl; ``in_path`` when ssh finds it without help.
    :param files: size in bytes of each path that was asked for and exists; None for what is no regular file.
    :param config: text of the config file that was asked for; None when there is none.
    """

    program: str
    in_path: bool
    rows: list[_listing.Row]
    info: dict[str, str]
    files: dict[str, int | None]
    bridges: list[str]
    config: str | None


class Peer:
    """:param destination: host name or address, with an optional ``USER@``.
    :param ssh_command: the words of a command line that reaches it, without the destination.
    """

    def __init__(self, destination: str, ssh_command: str) -> None:
        if not _DESTINATION.fullmatch(destination):
            raise BadValue("destination", destination, "give a host name or an address, with an optional USER@.")
        try:
            self.words = shlex.split(ssh_command)
        except ValueError as error:
            raise BadValue("ssh_command", ssh_command, f"{error}.") from None
        if not self.words:
            raise BadValue("ssh_command", ssh_command, "give a command, such as `ssh -p 2222`.")
        self.destination, self.ssh_command = destination, ssh_command

    def run(self, script: str, timeout: float = _LOOK_SECONDS) -> _command.Result:
        """Run a script of sh there.

        :raises HostError: the host is not reached.
        """
        result = _command.run(self._line(script), timeout)
        if result.rc == _UNREACHABLE:
            raise HostError(
                f"{self.destination} is not reached by `{self.ssh_command} {self.destination}`: "
                f"{result.stderr.strip() or 'it said nothing'}. root on this host must be able to log in there as root "
                "without a password.",
                error_id="destination_unreachable",
            )
        return result

    def _line(self, script: str) -> list[str]:
        return [*self.words, self.destination, f"exec sh -c {shlex.quote(script)}"]

    def look(self, paths: Sequence[str] = (), bridges: Sequence[str] = (), config: str = "") -> View:
        """Everything that is asked, in one connection.

        :raises HostError: it is not reached, or is no dom0 with xl.
        """
        script = _LOOK.format(
            mark=_MARK,
            path=_PATH,
            paths=" ".join(map(shlex.quote, paths)) or "''",
            bridges=" ".join(map(shlex.quote, bridges)) or "''",
            config=shlex.quote(config),
        )
        result = self.run(script)
        parts = _parts(result.stdout)
        plain, _bar, program = parts.get("xl", "|").partition("|")
        if not program.strip():
            raise HostError(
                f"{self.destination} has no xl that ssh could find: it is no dom0, or its toolstack is another one.",
                error_id="destination_not_ready",
            )
        listing = parts.get("list", "")
        if not listing.startswith("Name"):
            raise HostError(
                f"`xl list` fails on {self.destination}: {result.stderr.strip() or listing.strip()}",
                error_id="destination_not_ready",
            )
        found, _newline, text = parts.get("config", "").partition("\n")
        return View(
            program=program.strip(),
            in_path=bool(plain.strip()),
            rows=_listing.parse_list(listing),
            info=_listing.parse_info(parts.get("info", "")),
            files=_files(paths, parts.get("paths", "").split()),
            bridges=parts.get("bridges", "").split(),
            config=text if found.strip() == "there" else None,
        )

    def rows(self) -> list[_listing.Row]:
        """`xl list` there."""
        return _listing.parse_list(self._checked(f"{_PATH}; exec xl list", "`xl list`").stdout)

    def call(self, words: Sequence[str], timeout: float = _LOOK_SECONDS) -> _command.Result:
        """A command there, that must succeed."""
        line = " ".join(map(shlex.quote, words))
        return self._checked(f"{_PATH}; exec {line}", f"`{line}`", timeout)

    def _checked(self, script: str, what: str, timeout: float = _LOOK_SECONDS) -> _command.Result:
        result = self.run(script, timeout)
        if result.rc != 0:
            raise XenError(
                f"{what} failed on {self.destination} with exit code {result.rc}: {result.stderr.strip()}",
                error_id="destination_failed",
                stderr=result.stderr,
            )
        return result

    def put(self, source: str, target: str, mode: str = "077") -> None:
        """Copy a file there, whole or not at all.

        :param mode: the umask under which it is made.
        :raises XenError: it did not arrive.
        """
        size = os.path.getsize(source)
        partial, final = shlex.quote(f"{target}.partial"), shlex.quote(target)
        script = (
            f"umask {mode} && mkdir -p {shlex.quote(os.path.dirname(target))} && cat > {partial} && "
            f"[ $(wc -c < {partial}) -eq {size} ] && mv {partial} {final} || {{ rm -f {partial}; exit 1; }}"
        )
        with open(source, "rb") as stream:
            try:
                # it reads a file and says a line at most, so a plain run with a limit does
                done = subprocess.run(  # pylint: disable=ansible-bad-function
                    self._line(script), stdin=stream, capture_output=True, timeout=_COPY_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                raise TimedOut(f"Copying {source} to {self.destination} did not end.") from None
        if done.returncode != 0:
            raise XenError(
                f"{source} could not be copied to {self.destination}:{target}: "
                f"{done.stderr.decode(errors='replace').strip() or 'not all of it arrived'}.",
                error_id="destination_failed",
            )


def _parts(text: str) -> dict[str, str]:
    """The output of the look, by the words after the marks. What a login shell says before the first is dropped."""
    parts: dict[str, str] = {}
    for piece in re.split(rf"^{_MARK} ", text, flags=re.MULTILINE)[1:]:
        head, _newline, body = piece.partition("\n")
        word, _blank, rest = head.partition(" ")
        parts[word] = rest if rest else body
    return parts


def _files(paths: Sequence[str], answers: list[str]) -> dict[str, int | None]:
    found = {path: answer for path, answer in zip(paths, answers) if answer != "none"}
    return {path: int(answer) if answer.isdigit() else None for path, answer in found.items()}
