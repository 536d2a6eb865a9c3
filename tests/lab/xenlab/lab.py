# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as a library: `with Lab.instance("t1") as host: host.run("xl list")`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import apt, build, inventory, netbsd_image, progress, qmp, recipe, snapshot, tools
from .boots import STARTING, Boot, describe
from .errors import LabError
from .instance import START_TIMEOUT, Instance
from .loader.outcome import Person
from .locks import lock
from .machine import Machine
from .paths import Paths, default_root
from .snapshot import Snapshot
from .ssh import Result, wait_for_banner
from .state import State

READY = "ready"
DEFAULT_NAME = "xen1"
# what makes the snapshot; not a name that a user would choose
MAKER = "ready_maker"
# Seconds; with the machine busy it takes 40.
FIRST_TRY_TIMEOUT = 150.0


class Host:
    """A running instance, as a test sees it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.name = instance.name
        self.state: State = instance.require_state()
        self.ssh = instance.ssh()
        self.console = instance.console
        self._seen = len(instance.boots())

    def run(self, command: str | Sequence[str], timeout: float = 120.0, stdin: str = "") -> Result:
        """Run a command in dom0; rc, stdout and stderr, whatever they are."""
        return self.ssh.run(command, timeout, stdin)

    def boots(self) -> list[Boot]:
        """What the machine booted since it was started, the last one last (NetBSD-faced hosts)."""
        return self._instance.boots()

    def reset(self, entry: int | str | None = None, command: str | None = None) -> None:
        """Press the reset button. entry or command: what somebody at the console chooses or types, once."""
        self._seen = len(self.boots())
        person = Person(entry, command) if entry is not None or command is not None else None
        self._instance.reset(person)

    def choose(self, entry: int | str | None = None, command: str | None = None) -> None:
        """What somebody at the console chooses or types when the machine boots next, once."""
        self._instance.choose(Person(entry, command))

    def wait_boot(self, timeout: float = 240.0, after: int | None = None) -> Boot:
        """Wait until the boot behind number ``after`` is up and SSH answers; LabError if it cannot come up.

        Without ``after``: the first boot that this object has not yet seen. What stands still, panics or waits for a
        person is told from the boot's record at once.
        """
        seen = self._seen if after is None else after
        found: Boot | None = None

        def settled() -> bool:
            nonlocal found
            found = next(iter(self.boots()[-1:]), None)
            return found is not None and found.number > seen and found.result != STARTING

        try:
            qmp.wait(settled, timeout, f"{self.name}: a boot after number {seen}", pause=0.5)
        except LabError as error:
            told = [describe(found)] if found else []
            raise LabError(f"{error}\n{progress.tail(self.console)}", "\n".join(told)) from error
        assert found
        self._seen = found.number
        if found.failed:
            raise LabError(f"{self.name} does not come up: {found.result}", describe(found))
        self.ssh.close()
        wait_for_banner(self.state.port, 60, lambda: None)
        return found

    def check(self, command: str | Sequence[str], timeout: float = 120.0) -> str:
        """Run a command that must succeed; its stdout."""
        result = self.run(command, timeout)
        if result.rc != 0:
            raise LabError(f"`{command}` failed in {self.name} ({result.rc})", result.stdout + result.stderr)
        return result.stdout

    def inventory(self) -> str:
        """An Ansible inventory (YAML) with this host alone."""
        return inventory.render([(self.state, self.ssh)])


class Lab:
    """All of one lab directory."""

    def __init__(self, root: Path | None = None) -> None:
        self.paths = Paths(root or default_root())

    # -- images

    def recipe(self) -> recipe.Recipe:
        """The recipe of this checkout for this machine's Debian."""
        return recipe.compute(apt.detect())

    def image(self, netbsd: bool = False) -> Path:
        """The image's directory, built if need be; netbsd: that of the NetBSD-faced host."""
        sources = apt.detect()
        wanted = recipe.compute(sources)
        return (netbsd_image.ensure if netbsd else build.build)(self.paths, sources, wanted)

    def build(self, netbsd: bool = False) -> Path:
        """The image and its snapshot `ready`."""
        tools.require(tools.TO_RUN_NETBSD if netbsd else tools.TO_RUN)
        image = self.image(netbsd)
        self._ready(image, Machine(netbsd=netbsd))
        return image

    def _ready(self, image: Path, machine: Machine) -> Snapshot:
        """The snapshot `ready`: dom0 up, xl works, no guests. Made by a cold boot if it is not there."""
        found = snapshot.find(image, READY, machine)
        if found:
            return found
        with lock(self.paths.locks / "ready", "making the snapshot `ready`", 900), progress.step("snapshot ready"):
            found = snapshot.find(image, READY, machine)
            if not found:
                found = self._make_ready(image, machine)
        return found

    def _make_ready(self, image: Path, machine: Machine) -> Snapshot:
        """A cold boot, saved. One that stands still is given up early and tried once more.

        Everything begins with this boot, and it is made when the machine is busiest. Seen once in some hundred boots.
        """
        maker = Instance(self.paths, MAKER)
        maker.stop()
        try:
            maker.start(image, machine, None, FIRST_TRY_TIMEOUT)
        except LabError as error:
            progress.say(f"{error}; trying once more. The first try's console ended with:\n{error.detail}")
            maker.start(image, machine, None)
        return maker.save(READY)

    # -- instances

    def up(
        self,
        name: str = DEFAULT_NAME,
        from_snapshot: str = READY,
        cold: bool = False,
        machine: Machine | None = None,
        timeout: float = START_TIMEOUT,
    ) -> State:
        """Start an instance (building what is missing), or leave a running one as it is.

        machine None: the default one. Another one has no `ready` snapshot, so it boots cold; NetBSD-faced ones get one
        whatever their memory is.
        """
        wanted = machine or Machine()
        tools.require(tools.TO_RUN_NETBSD if wanted.netbsd else tools.TO_RUN)
        instance = Instance(self.paths, name)
        running = instance.state()
        if running:
            return instance.start(Path(running.image), running.machine, None)
        image = self.image(wanted.netbsd)
        source = None if cold else self._source(image, from_snapshot, wanted)
        return instance.start(image, wanted, source, timeout)

    def _source(self, image: Path, name: str, machine: Machine) -> Snapshot | None:
        if name == READY:
            usual = machine.netbsd or machine == Machine()
            return self._ready(image, machine) if usual else snapshot.find(image, name, machine)
        found = snapshot.find(image, name, machine)
        if not found:
            others = sorted({each.name for each in snapshot.every(image)})
            raise LabError(
                f"no snapshot {name} for this image and these options (there is: {', '.join(others) or 'none'}); "
                "make one with `lab snapshot`, or start with --cold"
            )
        return found

    @classmethod
    @contextmanager
    def instance(
        cls, name: str, *, snapshot: str = READY, cold: bool = False, machine: Machine | None = None, **changes: object
    ) -> Iterator[Host]:
        """A fresh instance for the block; it is ended afterwards, and one of that name that still ran, before.

        changes are fields of Machine: ``memory=8192``, ``bare=True``.
        """
        lab = cls()
        wanted = replace(machine or Machine(), **changes)  # type: ignore[arg-type]
        instance = Instance(lab.paths, name)
        instance.stop()
        try:
            lab.up(name, snapshot, cold, wanted)
            yield Host(instance)
        finally:
            instance.stop()

    def instances(self) -> list[Instance]:
        """All instances that have a directory, running or not."""
        if not self.paths.instances.is_dir():
            return []
        return [Instance(self.paths, path.name) for path in sorted(self.paths.instances.iterdir())]

    def running(self) -> list[Instance]:
        """The instances that run."""
        return [each for each in self.instances() if each.pid()]

    def host(self, name: str = DEFAULT_NAME) -> Host:
        """A running instance."""
        return Host(Instance(self.paths, name))

    def inventory(self, names: Sequence[str] = ()) -> str:
        """An Ansible inventory (YAML) of the named instances, or of all that run."""
        chosen = [Instance(self.paths, name) for name in names] or [each for each in self.running() if each.state()]
        if not chosen:
            raise LabError("no instance is up: start one with `lab up`")
        return inventory.render([(each.require_state(), each.ssh()) for each in chosen])

    # -- cleaning

    def clean(self, everything: bool = False) -> list[Path]:
        """Remove what is not needed: logs of stopped instances, images of other recipes; or all. Returns what went.

        Running instances keep their image; with everything, they are ended first.
        """
        if everything:
            for each in self.instances():
                each.stop()
            doomed = [self.paths.root] if self.paths.root.exists() else []
        else:
            doomed = self._stale()
        for path in doomed:
            shutil.rmtree(path)
        return doomed

    def _stale(self) -> list[Path]:
        current = self.recipe()
        kept = {
            self.paths.base(current.base_key),
            self.paths.image(current.image_key),
            self.paths.netbsd(current.netbsd_key),
        }
        running = {each.name: each.state() for each in self.running()}
        kept |= {Path(state.image) for state in running.values() if state}
        stages = [*self.paths.root.glob("base-*"), *self.paths.root.glob("image-*"), *self.paths.root.glob("netbsd-*")]
        stopped = [each.directory for each in self.instances() if each.name not in running]
        return [*(path for path in stages if path not in kept), *stopped]
