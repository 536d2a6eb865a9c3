# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A host as one task sees it: every part of it read at most once, however many domains the task is about.

One `xl list` when the view is opened. The long listing (40 ms a domain in dom0), `xl info`, the config files and the
autostart entries are read when somebody first asks for them.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Callable, Iterable, TypeVar

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.console import _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack

# loaded by the tasks that have to do with the sizes of disks: see _toolstack
if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place

T = TypeVar("T")

# A guest that has shut down is normally cleaned up by its xl monitor within a second or two.
_SETTLE_SECONDS = 15.0
# The long listing fails now and then while another domain is being destroyed.
_RETRIES = 3
_RETRY_PAUSE = 1.0


class HostView:
    """
    :ivar toolstack: None when guests cannot run here (yet); ``problem`` says why.
    :ivar rows: the domains that exist, Domain-0 among them. What is being destroyed has the name "(null)" there.
    :ivar syntax: of config files, and ``commands``: the toolstack's, also where it cannot run.
    :param config_dir: the folder of config files; the system's when None.
    :param choice: the task's option ``toolstack``.
    """

    def __init__(
        self,
        toolstack: _toolstack.Toolstack | None,
        rows: list[_listing.Row],
        config_dir: str | None = None,
        choice: str = "auto",
    ) -> None:
        self.toolstack, self.rows = toolstack, rows
        self.syntax = _toolstack.syntax(choice)
        self.commands = _toolstack.commands(choice)
        self.directory = _configfile.default_directory(config_dir)
        self.problem: HostError | None = None
        self._configurations: dict[int, dict[str, Any]] | None = None
        self._affinities: dict[int, list[tuple[str, str]]] | None = None
        self._info: dict[str, str] | None = None
        self._rooms: _disk_place.Rooms | None = None
        self._autostart: _autostart.Autostart | None = None
        self._files: dict[str, dict[str, _configfile.ConfigFile]] = {}
        self._running: list[_checks.Other] | None = None
        self._on_disk: dict[str, list[_checks.Other]] = {}
        self._waited_for: set[str] = set()
        self._looked_again = False
        self._leaving: frozenset[str] = frozenset()
        self._rewritten: frozenset[str] = frozenset()
        self._forgotten: set[str] = set()

    @classmethod
    def open(cls, choice: str = "auto", config_dir: str | None = None) -> HostView:
        """Look at this host. Where there is no Xen (yet), the view has files only.

        :raises HostError: not root.
        """
        _host.require_root()
        try:
            toolstack = _toolstack.find(choice)
            return cls(toolstack, toolstack.listing(), config_dir, choice)
        except HostError as error:
            view = cls(None, [], config_dir, choice)
            view.problem = error
            return view

    # What Xen says

    def row(self, name: str) -> _listing.Row | None:
        """The domain of that name.

        :raises XenError: there are two.
        """
        return _listing.find(self.rows, name)

    def state(self, name: str) -> str | None:
        """What the domain of that name is, by the last listing. None when there is none, or more than one."""
        states = [row.state for row in self.rows if row.name == name]
        return states[0] if len(states) == 1 else None

    def refresh(self) -> None:
        """List the domains again; the long listing is read again when it is next asked for."""
        self.rows = self.toolstack.listing() if self.toolstack else []
        self._configurations = self._affinities = self._info = self._running = None

    def settle(self, names: Iterable[str], timeout: float) -> None:
        """Give those domains that have shut down, and are still there, a little time to go: all together, and once.

        Those that xl is just starting again are waited for, too: to Xen, they are not there.

        :param timeout: seconds for those that go, at most; never more than 15. It is no matter of the guest's when xl
            starts it again.
        """
        waiting = set(names) - self._waited_for
        self._waited_for |= waiting
        if not waiting:
            return
        begun = time.monotonic()
        while self.toolstack is not None and time.monotonic() - begun < _SETTLE_SECONDS:
            passing = {row.name for row in self.rows if row.state in (_listing.SHUTDOWN, _listing.DYING)}
            goes = bool(passing & waiting) and time.monotonic() - begun < timeout
            comes = any(_xllog.is_coming(name) for name in waiting - {row.name for row in self.rows})
            if not goes and not comes:
                return
            time.sleep(1)
            self.refresh()

    def configurations(self) -> dict[int, dict[str, Any]]:
        """libxl's configuration of every domain by id, asked for at most once. A dying domain has none."""
        if self._configurations is None:
            self._configurations = _retried(self.toolstack.configurations) if self.toolstack else {}
        return self._configurations

    def guest(self, name: str, compared: bool) -> tuple[_listing.Row, dict[str, Any] | None] | None:
        """The domain of that name, and libxl's configuration of it; None when there is none.

        :param compared: whether the configuration is needed. The long listing is not asked for otherwise.
        :raises XenError: there are two of that name.
        """
        row = self.row(name)
        if row is None or not compared or self.toolstack is None:
            return (row, None) if row else None
        if row.domid not in self.configurations() and not self._looked_again:
            # gone between the two listings, most likely
            self._looked_again = True
            self.refresh()
            row = self.row(name)
        return (row, self.configurations().get(row.domid)) if row else None

    def affinities(self) -> dict[int, list[tuple[str, str]]]:
        """Where the vcpus of every domain may run, by its id, asked for at most once."""
        if self._affinities is None:
            self._affinities = self.toolstack.all_affinities() if self.toolstack else {}
        return self._affinities

    def info(self) -> dict[str, str]:
        """`xl info`, asked for at most once."""
        if self._info is None:
            self._info = self.toolstack.info() if self.toolstack else {}
        return self._info

    @property
    def rooms(self) -> _disk_place.Rooms:
        """Space for disks. One for all domains of a task: what the disks of one take, those of the next cannot have."""
        if self._rooms is None:
            from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _lvm

            self._rooms = _disk_place.Rooms(_lvm.Lvm())
        return self._rooms

    # What the files say

    def config(self, path: str) -> _configfile.ConfigFile:
        """The file at ``path``, from the pass over its folder when there was one.

        :raises XenError: it is no config file; ``_configfile.read`` says more.
        """
        return self._files.get(os.path.dirname(path), {}).get(path) or _configfile.read(path, self.syntax)

    def configs(self, directory: str | None = None) -> dict[str, _configfile.ConfigFile]:
        """Every config file of a folder (that of the view when None) by its path, read in one pass."""
        directory = self.directory if directory is None else directory
        if directory not in self._files:
            self._files[directory] = _configfile.all_in(directory, self.syntax)
        return self._files[directory]

    def autostart(self) -> _autostart.Autostart:
        """What this host starts when it boots."""
        if self._autostart is None:
            self._autostart = _autostart.read()
        return self._autostart

    # Who else there is

    def expect(self, leaving: Iterable[str], rewritten: Iterable[str]) -> None:
        """Tell what a task on many domains will do, so that none is held against what another has only until then.

        :param leaving: names of running domains that are stopped, for good or to be started again.
        :param rewritten: names of those whose config files are changed or removed.
        """
        self._leaving, self._rewritten = frozenset(leaving), frozenset(rewritten)

    def forget(self, name: str) -> None:
        """A domain that will be called otherwise is no other domain."""
        self._forgotten.add(name)

    def others_running(self, name: str) -> list[_checks.Other]:
        """Every other domain that exists in Xen, and will."""
        if self._running is None:
            self._running = _checks.others_running(self.rows, self.configurations(), "")
        passed_over = self._leaving | self._forgotten | {name}
        return [other for other in self._running if other.name not in passed_over]

    def others_on_disk(self, name: str, directory: str | None = None) -> list[_checks.Other]:
        """Every other domain that has a config file in the folder."""
        directory = self.directory if directory is None else directory
        if directory not in self._on_disk:
            self._on_disk[directory] = _checks.others_on_disk(self.configs(directory), "")
        passed_over = self._rewritten | self._forgotten | {name}
        return [other for other in self._on_disk[directory] if other.name not in passed_over]


def _retried(call: Callable[[], T]) -> T:
    for _attempt in range(_RETRIES - 1):
        try:
            return call()
        except CommandError:
            time.sleep(_RETRY_PAUSE)
    return call()
