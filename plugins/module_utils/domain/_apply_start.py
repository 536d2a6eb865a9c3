# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A guest that has just been started: see that it stays, and wait for what it says on its console."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch, _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_POLL_SECONDS = 1.0
# xl restarts a guest two seconds after its end; making it takes a few more.
_RESTART_LOOKS = 10


class Start:
    """Made before the guest is started; of no cost until then."""

    def __init__(self, toolstack: Any, name: str, timeout: float) -> None:
        self.toolstack, self.name, self.timeout = toolstack, name, timeout
        self._watch: _watch.Watch | None = None

    def begin(self, listen: bool) -> None:
        """The guest is about to be started.

        :param listen: what it says from now on will be waited for.
        """
        self._watch = _watch.Watch(self.toolstack, self.name)
        if listen:
            self._watch.listen()

    def settle(self, seconds: int) -> _listing.Row | None:
        """Look at it for some seconds; its row at the end, None when it was not started in this task.

        A guest that reboots itself is given the time to come back.

        :raises XenError: it crashed, or ended in another way.
        """
        if self._watch is None:
            return None
        for look in range(seconds + 1 + _RESTART_LOOKS):
            if look:
                time.sleep(_POLL_SECONDS)
            row = self._watch.row()
            self._watch.require_no_crash(row)
            runs = row is not None and row.state == _listing.RUNNING
            if look >= seconds and runs:
                return row
            comes_back = row is not None or _xllog.is_coming(self.name)
            if not runs and (not comes_back or look >= seconds + _RESTART_LOOKS):
                break
        state = row.state if row else "not there"
        raise self._watch.died(f"{self.name} was started and is {state}, not running.")

    def comes_back(self) -> bool:
        """Whether xl was just starting a guest again that was to be destroyed, between two of its lives; it is there
        again then, and can be.
        """
        for _look in range(_RESTART_LOOKS):
            if not _xllog.is_coming(self.name):
                return False
            time.sleep(_POLL_SECONDS)
            if _listing.find(self.toolstack.listing(), self.name):
                return True
        return False

    def wait_console(self, step: _plan.Step) -> None:
        """:raises XenError: the guest has died first. :raises TimedOut: it has not shown what was waited for."""
        if self._watch:
            try:
                self._watch.wait_for(step.data, self.timeout)
            finally:
                self._watch.close()
