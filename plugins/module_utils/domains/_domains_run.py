# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Work on many domains at once: who may begin, who waits for whom, and one listing for all who wait.

Each domain is worked on by the very ``Applier`` of xen_domain, in a thread of its own, since `xl shutdown` and
`xl create` keep their caller waiting. What they share is here: the toolstack, which is asked for a listing once a
second however many wait for one; the permits to start; and the files of the host that belong to no single domain.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent import futures
from typing import Any, Callable, ContextManager, Iterator, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_order
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_report import Outcome
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# Listings begin no more often than this, in seconds.
INTERVAL = 1.0
# Kinds of steps that read and write what starts domains at boot: one list for all of them.
_COMMON_FILES = ("_autostart", "_autostart_delay")


class SharedToolstack:
    """A toolstack for several threads: everything of it is passed through, but listings are shared."""

    def __init__(self, toolstack: Any, interval: float = INTERVAL) -> None:
        self._toolstack, self._interval = toolstack, interval
        self._changed = threading.Condition()
        self._busy = False
        self._begun = self._ended = 0
        self._not_before = 0.0
        self._rows: list[_listing.Row] = []
        self._error: XenError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._toolstack, name)

    def listing(self) -> list[_listing.Row]:
        """All domains, by a listing that began after this call: what the caller has done before is in it."""
        with self._changed:
            wanted = self._begun + 1
            while self._ended < wanted and self._busy:
                self._changed.wait()
            if self._ended >= wanted:
                return self._answer()
            self._busy = True
        self._list()
        with self._changed:
            return self._answer()

    def _list(self) -> None:
        rows: list[_listing.Row] = []
        failure: XenError | None = None
        try:
            time.sleep(max(0.0, self._not_before - time.monotonic()))
            with self._changed:
                self._begun += 1
            self._not_before = time.monotonic() + self._interval
            rows = self._toolstack.listing()
        except XenError as error:
            failure = error
        finally:
            with self._changed:
                self._rows, self._error = rows, failure
                self._ended, self._busy = self._begun, False
                self._changed.notify_all()

    def _answer(self) -> list[_listing.Row]:
        """:raises XenError: one of its own for each caller, who will add to it."""
        if self._error:
            raise XenError(self._error.message, **self._error.details)
        return list(self._rows)


class Shared:
    """What the domains that are worked on at once have in common.

    :param starts: how many may be started at the same time.
    """

    def __init__(self, toolstack: Any, starts: int) -> None:
        self.toolstack = SharedToolstack(toolstack)
        self.files = threading.Lock()
        self._changed = threading.Condition()
        self._permits = starts
        self._queue: list[str] = []
        self._next_start = 0.0

    def queue(self, name: str) -> None:
        """This domain will be started soon; those that are queued are started in this order."""
        with self._changed:
            self._queue.append(name)

    def leave(self, name: str) -> None:
        """This domain will not be started any more, if it was not."""
        with self._changed:
            if name in self._queue:
                self._queue.remove(name)
            self._changed.notify_all()

    @contextlib.contextmanager
    def starting(self, name: str, delay: float) -> Iterator[None]:
        """A permit to start one domain, after which the next start waits for ``delay`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._permits > 0 and (name not in self._queue or name == self._queue[0]))
            self._permits -= 1
        self.leave(name)
        try:
            self._wait_for_delay()
            yield
            with self._changed:
                self._next_start = max(self._next_start, time.monotonic() + delay)
        finally:
            with self._changed:
                self._permits += 1
                self._changed.notify_all()

    def _wait_for_delay(self) -> None:
        while True:
            with self._changed:
                pause = self._next_start - time.monotonic()
            if pause <= 0:
                return
            time.sleep(pause)


class SharingApplier(_apply.Applier):
    """The Applier of one domain among others.

    :ivar shared: what they share.
    :ivar delay: seconds from the start of this one to the next one's.
    """

    shared: Shared
    delay: float

    def _do(self, step: _plan.Step) -> None:
        with self._room_for(step):
            super()._do(step)

    def _room_for(self, step: _plan.Step) -> ContextManager[Any]:
        if step.kind in _apply.STARTS:
            return self.shared.starting(self.name, self.delay)
        # rc.conf and its kin belong to all of them; a config file, or a disk, to one
        return self.shared.files if step.kind.endswith(_COMMON_FILES) else contextlib.nullcontext()


def run_all(
    order: _domains_order.Order,
    work: Callable[[str], dict[str, Any]],
    failed: Mapping[str, XenError],
    parallel: int,
    begins: Callable[[str], None] = lambda name: None,
) -> dict[str, Outcome]:
    """Work on every domain of ``order``; returns how it ended for each.

    :param work: does what is to be done for one name, and returns its result; raises XenError.
    :param failed: those of which it is known already that nothing can be done. They are passed over, and so is who
        needs them.
    :param parallel: how many are worked on at once.
    :param begins: told of each just before, in the order of work.
    """
    outcomes: dict[str, Outcome] = {}
    with futures.ThreadPoolExecutor(max_workers=parallel) as pool:
        for wave in order.waves:
            waiting = [name for name in wave if name not in failed]
            running: dict[futures.Future[Outcome], str] = {}
            while waiting or running:
                for name in list(waiting):
                    lost = sorted(other for other in order.needs[name] if _is_lost(other, outcomes, failed))
                    if lost:
                        outcomes[name] = _skipped(lost)
                        waiting.remove(name)
                    elif len(running) < parallel and not order.needs[name] & {*waiting, *running.values()}:
                        begins(name)
                        running[pool.submit(_attempt, work, name)] = name
                        waiting.remove(name)
                done, _rest = futures.wait(running, return_when=futures.FIRST_COMPLETED)
                for future in done:
                    outcomes[running.pop(future)] = future.result()
    return outcomes


def _attempt(work: Callable[[str], dict[str, Any]], name: str) -> Outcome:
    try:
        return Outcome(work(name))
    except XenError as error:
        return Outcome(error=error)


def _is_lost(name: str, outcomes: Mapping[str, Outcome], failed: Mapping[str, XenError]) -> bool:
    return name in failed or (name in outcomes and outcomes[name].error is not None)


def _skipped(lost: list[str]) -> Outcome:
    reason = f"Nothing was done, because {' and '.join(lost)} failed, and one depends on the other."
    return Outcome(error=XenError(reason, error_id="dependency_failed", because_of=lost), skipped=True)
