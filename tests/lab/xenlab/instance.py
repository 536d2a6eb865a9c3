# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One running lab host: from nothing to a dom0 that answers, and back to nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from . import boots, firmware, process, progress, qmp, snapshot, state
from . import machine as machines
from .boots import Boot
from .errors import LabError
from .firmware import Specification
from .loader.outcome import Person
from .locks import lock
from .machine import Machine, Wiring
from .paths import LAB_SOURCE, Paths, make_private
from .snapshot import Snapshot
from .ssh import Ssh, wait_for_banner
from .state import State

LOCK_TIMEOUT = 600.0
START_TIMEOUT = 300.0
# what the console shows when waiting longer is of no use
HOPELESS = ("Panic on CPU", "Kernel panic", "LAB_FAILED")


class Instance:
    """An instance by its name, running or not."""

    def __init__(self, paths: Paths, name: str) -> None:
        self.paths = paths
        self.name = snapshot.check_name(name)
        self.directory = paths.instance(name)
        self.console = self.directory / "console.log"
        self.log = self.directory / "qemu.log"
        self.pidfile = self.directory / "qemu.pid"
        self.firmware_pidfile = self.directory / firmware.PIDFILE
        self.disk = self.directory / "disk.qcow2"
        self._state_file = self.directory / "state.json"
        self._sockets = paths.sockets(name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def monitor(self) -> Path:
        return self._sockets / "qmp"

    def pid(self) -> int | None:
        """The process id of the supervisor, if the instance has one, or of QEMU; None if the instance does not run."""
        supervisor = process.running_pid(self.firmware_pidfile, process.is_supervisor_of)
        return supervisor or process.running_pid(self.pidfile)

    def state(self) -> State | None:
        """What is known of the running instance; None if it does not run or has not finished starting."""
        return state.load(self._state_file) if self.pid() else None

    def require_state(self) -> State:
        """The state of an instance that must run."""
        found = self.state()
        if found is None:
            raise LabError(f"{self.name} is not up: start it with `lab up {self.name}`")
        return found

    def ssh(self) -> Ssh:
        """The way in."""
        found = self.require_state()
        return Ssh(Path(found.image), found.port, self._sockets / "ssh")

    def start(self, image: Path, machine: Machine, source: Snapshot | None, timeout: float = START_TIMEOUT) -> State:
        """Start it, from a snapshot or cold, and wait until dom0 answers; the state of a running one as it is.

        On any failure, and on Ctrl-C, the half-started machine is ended. LabError then carries the console's tail.
        """
        with self._lock():
            running = self.state()
            if running:
                progress.say(f"{self.name} is already up (port {running.port})")
                return running
            self._end()
            try:
                return self._start(image, machine, source, timeout)
            except LabError as error:
                self._end()
                logs = (progress.tail(path) for path in (self.log, self.console))
                raise LabError(str(error), "\n".join(filter(None, (error.detail, *logs)))) from error
            except BaseException:
                self._end()
                raise

    def stop(self) -> bool:
        """End it and remove its disk; logs stay. True if it ran."""
        with self._lock():
            return self._end()

    def save(self, name: str) -> Snapshot:
        """Save memory and disk as a snapshot of that name; the instance ends."""
        with self._lock():
            found = self.require_state()
            target = snapshot.place(Path(found.image), name, found.machine)
            ssh = self.ssh()
            # free memory that holds old file contents would be saved too
            ssh.run("sync; echo 3 >/proc/sys/vm/drop_caches")
            ssh.close()
            boot = self.directory / firmware.BOOT_DIRECTORY if found.machine.netbsd else None
            try:
                snapshot.save(self.monitor, self.disk, Path(found.image) / "disk.img", target, found.machine, boot)
            finally:
                self._end()
            return target

    def _lock(self) -> AbstractContextManager[None]:
        return lock(self.paths.locks / f"instance-{self.name}", f"instance {self.name}", LOCK_TIMEOUT)

    def _start(self, image: Path, machine: Machine, source: Snapshot | None, timeout: float) -> State:
        begin = time.monotonic()
        self.directory.mkdir(parents=True, exist_ok=True)
        make_private(self._sockets)
        for old in (self.console, self.log):
            old.unlink(missing_ok=True)
        self._make_disk(source.disk if source else image / "disk.img", "qcow2" if source else "raw")
        if machine.netbsd:
            port = self._launch_firmware(image, machine, source)
        else:
            wiring = Wiring(self.disk, self.console, self.pidfile, self.monitor)
            command = machines.command(self.name, machine, wiring, source.restore_command if source else "")
            self._process = process.launch(command, image / "boot", self.log)
            port = self._wait_for_qemu(restoring=source is not None)
        wait_for_banner(port, timeout, self._check_alive)
        found = State(
            self.name,
            str(image),
            machine,
            port,
            self.pid() or 0,
            source.name if source else None,
            time.time(),
        )
        reached = time.monotonic() - begin
        ssh = Ssh(image, port, self._sockets / "ssh")
        welcome = ssh.run(_welcome(machine, self.name), timeout=timeout)
        if welcome.rc != 0:
            raise LabError(f"dom0 of {self.name} did not get ready ({welcome.rc})", welcome.stdout + welcome.stderr)
        state.save(found, self._state_file)
        how = f"from snapshot {source.name}" if source else "cold boot"
        ready = "ready" if machine.bare or machine.netbsd else "xl ready"
        seconds = time.monotonic() - begin
        progress.say(f"{self.name} up ({how}): SSH after {reached:.1f} s, {ready} after {seconds:.1f} s")
        return found

    def _launch_firmware(self, image: Path, machine: Machine, source: Snapshot | None) -> int:
        """Start the supervisor, which starts QEMU at each boot; return the SSH port, the same for all boots."""
        for old in (boots.FILE, firmware.NEXT):
            (self.directory / old).unlink(missing_ok=True)
        port = free_port()
        restored = str(source.directory) if source else ""
        initrd = str(image / "boot" / "initrd.gz")
        sockets, warm = str(self._sockets), str(self.paths.warm)
        wanted = Specification(self.name, str(self.directory), initrd, machine, sockets, port, warm, restored)
        specification = self.directory / firmware.SPECIFICATION
        wanted.save(specification)
        command = [sys.executable, "-m", "xenlab.supervisor", str(self.firmware_pidfile), str(specification)]
        log = self.directory / "firmware.log"
        self._process = process.launch(command, self.directory, log, {"PYTHONPATH": str(LAB_SOURCE)})
        if source:
            self._wait_for_qemu(restoring=True)
        return port

    def boots(self) -> list[Boot]:
        """The boots of a host that boots from its own disk, the last one last."""
        return boots.load(self.directory)

    def reset(self, person: Person | None = None) -> None:
        """Press the reset button; person: who is at the console for the next boot."""
        pid = process.running_pid(self.firmware_pidfile, process.is_supervisor_of)
        if pid is None:
            raise LabError(f"{self.name} is no running host of the NetBSD kind: only those have a reset button")
        if person is not None:
            state.write_json(self.directory / firmware.NEXT, asdict(person))
        ssh = self.ssh()
        os.kill(pid, signal.SIGUSR1)
        ssh.close()

    def choose(self, person: Person) -> None:
        """Let somebody sit at the console when the machine boots next."""
        self.require_state()
        state.write_json(self.directory / firmware.NEXT, asdict(person))

    def _make_disk(self, backing: Path, form: str) -> None:
        """A throw-away overlay: what the instance writes goes there."""
        self.disk.unlink(missing_ok=True)
        command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(backing), "-F", form, str(self.disk)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LabError(f"no disk for {self.name}", done.stderr)

    def _wait_for_qemu(self, restoring: bool) -> int:
        """Wait until QEMU has its monitor and, when restoring, its memory; return the SSH port."""
        qmp.wait(self._alive_and(self.monitor.exists), 30, "QEMU's start")
        with qmp.Monitor(self.monitor) as monitor:
            if restoring:
                qmp.wait(self._alive_and(lambda: monitor.status() != "inmigrate"), 60, "restoring the snapshot")
                monitor.do("cont")
            return monitor.forwarded_port()

    def _alive_and(self, condition: Callable[[], bool]) -> Callable[[], bool]:
        def check() -> bool:
            self._check_alive()
            return condition()

        return check

    def _check_alive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise LabError(f"QEMU of {self.name} ended ({self._process.returncode})")
        text = progress.tail(self.console)
        for word in HOPELESS:
            if word in text:
                raise LabError(f"{self.name} does not come up: {word}")
        last = self.boots()[-1:]
        if last and last[0].failed:
            raise LabError(f"{self.name} does not come up: {last[0].result}", boots.describe(last[0]))

    def _end(self) -> bool:
        """End what there is of the instance: ssh's background process, QEMU, sockets, disk."""
        # to end the shared connection neither the port nor the key matters
        Ssh(self.directory, 0, self._sockets / "ssh").close()
        ended = process.end(self.firmware_pidfile, check=process.is_supervisor_of)
        ended = process.end(self.pidfile) or ended
        if self._process is not None:
            self._end_guard(self._process)
            self._process = None
        for path in (self._state_file, self.disk):
            path.unlink(missing_ok=True)
        shutil.rmtree(self._sockets, ignore_errors=True)
        return ended

    @staticmethod
    def _end_guard(guard: subprocess.Popen[bytes]) -> None:
        """timeout(1) ends with its QEMU. If QEMU had not yet written its pid file, this ends both."""
        if guard.poll() is None:
            guard.terminate()
        try:
            guard.wait(process.GRACE + 5)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _welcome(machine: Machine, name: str) -> str:
    """What is done right after a start: clock and name, and waiting until the host is up."""
    now = int(time.time())
    if not machine.netbsd:
        return f"lab-welcome {name} {now}"
    # Debian's commands lie in /lab/linux there
    tools = "PATH=/lab/linux/sbin:/lab/linux/bin:$PATH; export PATH"
    ready = "n=0; until [ -e /run/lab-ready ]; do n=$((n + 1)); [ $n -lt 240 ] || exit 1; sleep 0.5; done"
    return f"{tools}; date -u -s @{now} >/dev/null; hostname {name}; {ready}"
