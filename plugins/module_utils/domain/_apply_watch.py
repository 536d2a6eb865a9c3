# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Look at one domain, again and again until it is as it should be."""

from __future__ import annotations

import time
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_POLL_SECONDS = 1.0


class Watch:
    """:param timeout: seconds that each wait may take."""

    def __init__(self, toolstack: Any, name: str, timeout: float) -> None:
        self.toolstack, self.name, self.timeout = toolstack, name, timeout

    def row(self) -> _listing.Row | None:
        """The domain in the listing, None when there is none."""
        return _listing.find(self.toolstack.listing(), self.name)

    @staticmethod
    def now() -> float:
        return time.monotonic()

    @staticmethod
    def pause() -> None:
        """The time between two looks."""
        time.sleep(_POLL_SECONDS)

    def wait(
        self,
        true: Callable[[_listing.Row | None], bool],
        what: str,
        step: _plan.Step,
        timeout: float | None = None,
        hint: str = "",
    ) -> None:
        """Wait until ``true`` says so of the row.

        :raises TimedOut: it does not. :raises XenError: the domain is gone, and was not meant to be.
        """
        timeout = self.timeout if timeout is None else timeout
        deadline = self.now() + timeout
        while True:
            row = self.row()
            if true(row):
                return
            if row is None:
                raise XenError(f"`{step.text}` was accepted, but then {self.name} was gone. {self.why()}")
            if self.now() >= deadline:
                raise TimedOut(
                    f"`{step.text}` was accepted, but {timeout:g} s later it is still not so "
                    f"that {self.name} {what} (it is {row.state}, {row.memory} MiB, {row.vcpus} vcpus). {hint}".rstrip()
                )
            self.pause()

    def why(self) -> str:
        """The last lines of what the toolstack and the guest's console say, for a guest that died."""
        return _watch.told(self.name, toolstack=getattr(self.toolstack, "name", "xl"))
