# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What xl itself has noted of the lives of a domain: ``xl-NAME.log``.

Each `xl create` leaves a process that waits for the end of its domain and then does what on_poweroff, on_reboot or
on_crash say (xen tools/xl/xl_vmcontrol.c, create_domain and handle_domain_death). It writes to a log of its own, begun
anew by each create, so the log is the history of one domain over all of its restarts. xl restarts a domain as often as
it ends, after a pause of two seconds; there is no limit.
"""

from __future__ import annotations

import os
import re
import time
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.host import _host

_BEGIN = re.compile(r"^Waiting for domain .* \(domid (\d+)\) to die")
_END = re.compile(r"^Domain (\d+) has shut down, reason code (-?\d+)")
_ACTION = re.compile(r"^Action for shutdown reason code -?\d+ is (\S+)")
_RESTARTING = "Done. Rebooting now"
# What an xl says that will not start its domain again.
_LAST_WORDS = re.compile(r"^Done\. Exiting now|^Domain \d+ has been destroyed\.")
# The pause is of two seconds; making the domain takes the rest. A log that is older tells of an xl that has been ended.
_RESTART_SECONDS = 20.0
_SIZE_LIMIT = 1024 * 1024
# A guest that has crashed this often, the last time this many seconds ago or less, crashes again and again.
_OFTEN = 2
_RECENTLY = 600.0
# libxl_types.idl, libxl_shutdown_reason
_REASONS = {0: "poweroff", 1: "reboot", 2: "suspend", 3: "crash", 4: "watchdog", 5: "soft_reset"}
CRASHES = ("crash", "watchdog")


class Life(NamedTuple):
    """From a start to an end. ``reason`` is None while it lasts, or when something else ended it (`xl destroy`)."""

    domid: int
    reason: str | None = None
    action: str | None = None


class History(NamedTuple):
    """
    :param lives: oldest first.
    :param coming: xl is at work on the domain, from its start until xl says that it will not start it again.
    :param written: when the log was last written to, seconds since the epoch; 0 without a log.
    """

    path: str
    lives: list[Life]
    coming: bool = False
    written: float = 0.0

    @property
    def crashes(self) -> int:
        """How many of the lives ended in a crash."""
        return len(self.crashed)

    @property
    def crashed(self) -> set[int]:
        """The ids that the domain had when it crashed. Xen gives no id twice until the host is booted again."""
        return {life.domid for life in self.lives if life.reason in CRASHES}

    @property
    def last_reason(self) -> str | None:
        """Why the domain ended the last time that it ended by itself."""
        return next((life.reason for life in reversed(self.lives) if life.reason), None)

    def tail(self) -> list[str]:
        # not loaded as long as nobody has died: see _toolstack
        from ansible_collections.netbsd.xen.plugins.module_utils.console import _console

        return _console.tail_of_file(self.path)


def read(name: str) -> History:
    """The history of the domain of that name since it was last created by hand."""
    # a guest that came by migration was called otherwise when its log was opened (tools/xl/xl_migrate.c)
    paths = [os.path.join(_host.LOG_DIR, f"xl-{name}{suffix}.log") for suffix in ("", "--incoming")]
    path = max(paths, key=lambda each: os.path.getmtime(each) if os.path.exists(each) else 0.0)
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            written = os.fstat(stream.fileno()).st_mtime
            text = stream.read(_SIZE_LIMIT)
    except OSError:
        return History(path, [])
    return parse(text)._replace(path=path, written=written)


def is_coming(name: str) -> bool:
    """Of a domain that a listing does not show: whether xl has just started it, or will in a moment, after its end."""
    history = read(name)
    return history.coming and 0 <= time.time() - history.written < _RESTART_SECONDS


def keeps_crashing(name: str) -> str | None:
    """What to tell of a guest that runs now, but has crashed again and again; None of any other."""
    history = read(name)
    age = time.time() - history.written
    if history.crashes < _OFTEN or age > _RECENTLY:
        return None
    return (
        f"{name} keeps crashing: it has crashed {history.crashes} times since it was created, and was started again "
        f"{age:.0f} s ago."
    )


def parse(text: str) -> History:
    """The lives in the text of such a log."""
    lives: list[Life] = []
    coming = False
    for line in text.splitlines():
        begin, end, action = _BEGIN.match(line), _END.match(line), _ACTION.match(line)
        if begin:
            lives.append(Life(int(begin.group(1))))
        elif end:
            code = int(end.group(2))
            if not lives:  # the beginning of the log is lost
                lives.append(Life(int(end.group(1))))
            lives[-1] = lives[-1]._replace(reason=_REASONS.get(code, f"unknown ({code})"))
        elif action and lives:
            lives[-1] = lives[-1]._replace(action=action.group(1))
        # whatever else it says on its way, such as that somebody destroys the domain beside it, it goes on
        if begin or line.startswith(_RESTARTING):
            coming = True
        elif _LAST_WORDS.match(line) or (action and not action.group(1).endswith("restart")):
            coming = False
    return History("", lives, coming)
