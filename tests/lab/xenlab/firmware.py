# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firmware of a NetBSD-faced host: it reads the guest's disk, runs the boot loader's rules over it and starts QEMU
with exactly what they say, again whenever the guest, or `lab reset`, resets the machine. See supervisor.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from . import boots, process, qmp, starter, warm
from . import machine as machines
from .boots import Boot
from .disk import GuestDisk
from .errors import LabError
from .loader import start
from .loader.outcome import Choice, Dead, Native, Person, Reset, Xen
from .machine import Machine, Wiring
from .snapshot import Snapshot
from .state import write_json

SPECIFICATION, PIDFILE, NEXT = "firmware.json", "firmware.pid", "next-boot.json"
BOOT_DIRECTORY, BOOT_RECORD = "boot", "boot.json"
TICK, FAST_TICK = 0.25, 0.1
PANICS = ("Panic on CPU", "Kernel panic", "LAB_FAILED")
UP_MARK = "LAB_READY"
# a machine that resets itself again and again, each time this soon and without coming up, is given up
LOOP_SECONDS, LOOP_LIMIT = 60.0, 4


@dataclass(frozen=True)
class Specification:
    """What the supervisor must know. Paths are strings: it is written as JSON.

    warm: the directory of saved boots (warm.py); snapshot: the directory of the one to start from, or "".
    """

    name: str
    directory: str
    initrd: str
    machine: Machine
    sockets: str
    port: int
    warm: str
    snapshot: str = ""

    @classmethod
    def load(cls, path: Path) -> Specification:
        data = json.loads(path.read_text())
        return cls(**{**data, "machine": Machine(**data["machine"])})

    def save(self, path: Path) -> None:
        write_json(path, asdict(self))


class PowerOff(Exception):
    """The machine is to be switched off."""


class Firmware:
    """One machine from power-on to power-off."""

    def __init__(self, specification: Specification) -> None:
        self.spec = specification
        self.directory = Path(specification.directory)
        self.boot_directory = self.directory / BOOT_DIRECTORY
        sockets = Path(specification.sockets)
        self.wiring = Wiring(
            self.directory / "disk.qcow2",
            self.directory / "console.log",
            self.directory / "qemu.pid",
            sockets / "qmp",
            specification.port,
            sockets / "events",
        )
        self.boots: list[Boot] = []
        self.reset_wanted = False
        self.off_wanted = False
        # for the boot that runs: where to save it when it waits in its initramfs; whether it was restored from there
        self._save_to: Path | None = None
        self._resume_wanted = False
        self._looked = 0.0

    def run(self) -> None:
        """Boot until the power goes."""
        try:
            if self.spec.snapshot:
                self._restore(Snapshot("", Path(self.spec.snapshot)))
            while True:
                self._boot()
        except PowerOff as reason:
            self._note(ended=str(reason))
        finally:
            process.end(self.wiring.pidfile)

    # -- one boot

    def _boot(self) -> None:
        self._new_boot()
        if self._loops():
            return self._stand_still("dead: the machine resets itself again and again")
        try:
            choice = self._run_loader()
        except (LabError, ValueError) as error:
            self._print(str(error))
            return self._stand_still(f"dead: {error}")
        result = choice.result
        self._record(choice)
        self._print(*choice.screen)
        if isinstance(result, Reset):
            return self._note(ended="the boot loader's quit")
        if isinstance(result, Dead):
            self._print(result.message)
            return self._stand_still(f"dead: {result.message}")
        started = self._prepare(result)
        self._note(qemu=list(started.arguments), hidden=[_bdf(each) for each in started.dom0.hidden])
        self._print(*started.dom0.complaints)
        if started.waits:
            self._print(started.waits)
            return self._stand_still(f"waits: the kernel {started.waits}")
        write_json(self.boot_directory / BOOT_RECORD, asdict(self.boots[-1]))
        self._start_warm(list(started.arguments))
        return None

    def _run_loader(self) -> Choice:
        person = self._person()
        raw = self.directory / "boot-disk.raw"
        try:
            return start.boot(GuestDisk.copy(self.wiring.disk, raw).read, person)
        finally:
            raw.unlink(missing_ok=True)

    def _person(self) -> Person:
        """Who sits at the console for this one boot."""
        path = self.directory / NEXT
        try:
            return Person(**json.loads(path.read_text()))
        except FileNotFoundError:
            return Person()
        finally:
            path.unlink(missing_ok=True)

    def _prepare(self, result: Xen | Native) -> starter.Started:
        starter.prepare(self.boot_directory)
        initrd = Path(self.spec.initrd)
        if isinstance(result, Xen):
            return starter.xen(result, self.boot_directory, initrd)
        return starter.native(result, self.boot_directory, initrd)

    def _restore(self, saved: Snapshot) -> None:
        """Go on where a snapshot was taken, with the files that had been booted then."""
        shutil.rmtree(self.boot_directory, ignore_errors=True)
        shutil.copytree(saved.directory / BOOT_DIRECTORY, self.boot_directory, copy_function=_link)
        record = json.loads((self.boot_directory / BOOT_RECORD).read_text())
        name = saved.directory.name.rpartition("-")[0]
        fresh = {"number": 1, "started": time.time(), "snapshot": name, "result": boots.UP, "ended": "", "offset": 0}
        self.boots.append(Boot(**{**record, **fresh}))
        self._note()
        self._start_qemu(self.boots[-1].qemu, saved.restore_command)

    def _start_warm(self, arguments: list[str]) -> None:
        """Start QEMU where the same files had got to in an earlier boot, or let this one be saved there."""
        saved = warm.place(Path(self.spec.warm), self.spec.machine, arguments, self.boot_directory)
        if saved.exists():
            self._note(warm=True)
            self._resume_wanted = True
            return self._start_qemu(arguments, warm.restore_command(saved))
        self._save_to = saved
        return self._start_qemu(arguments)

    def _start_qemu(self, arguments: list[str], incoming: str = "") -> None:
        for socket in (self.wiring.qmp, self.wiring.events):
            if socket:
                socket.unlink(missing_ok=True)
        command = machines.command(self.spec.name, self.spec.machine, self.wiring, incoming, arguments)
        qemu = process.launch(command, self.boot_directory, self.directory / "qemu.log")
        try:
            self._watch(qemu)
        finally:
            process.end(self.wiring.pidfile)
            if qemu.poll() is None:
                qemu.terminate()
            qemu.wait()

    def _watch(self, qemu: subprocess.Popen[bytes]) -> None:
        """Until QEMU ends; returns if the machine is to boot again."""
        assert self.wiring.events
        events = qmp.Events(self.wiring.events)
        try:
            while qemu.poll() is None and not events.reason:
                self._check_buttons()
                if self.reset_wanted:
                    self.reset_wanted = False
                    return self._note(ended="reset button")
                if self._resume_wanted and self.wiring.qmp.exists():
                    self._resume()
                events.wait(FAST_TICK if self._save_to else TICK)
                self._look_at_console()
            self._look_at_console()
            return self._ended(events.reason)
        finally:
            self._save_to, self._resume_wanted = None, False
            events.close()

    def _ended(self, reason: str) -> None:
        if reason in ("guest-reset", "host-qmp-system-reset"):
            return self._note(ended="reset by the guest")
        if reason == "guest-shutdown":
            raise PowerOff("switched off by the guest")
        raise PowerOff(f"QEMU ended ({reason or 'no reason given'})")

    def _look_at_console(self) -> None:
        boot = self.boots[-1]
        now = time.monotonic()
        if boot.failed:
            return
        with self.wiring.console.open("rb") as file:
            file.seek(boot.offset)
            text = file.read().decode(errors="replace")
        if self._save_to and warm.PAUSE in text:
            self._save(self._save_to)
        self._looked = now
        panic = panic_message(text)
        if panic:
            self._note(result=f"panic: {panic}")
        elif UP_MARK in text and boot.result == boots.STARTING:
            self._note(result=boots.UP)

    def _resume(self) -> None:
        self._resume_wanted = False
        with qmp.Monitor(self.wiring.qmp) as monitor:
            warm.resume(monitor)

    def _save(self, target: Path) -> None:
        """Save the boot at its waiting point. A boot that cannot be saved is a boot nevertheless."""
        self._save_to = None
        try:
            with qmp.Monitor(self.wiring.qmp) as monitor:
                warm.save(monitor, target, self.wiring.console, self.boots[-1].offset, self._looked)
        except (LabError, OSError) as error:
            print(f"boot {self.boots[-1].number} was not saved: {error}", flush=True)

    # -- standing still, buttons

    def _stand_still(self, result: str) -> None:
        """Nothing runs until somebody presses a button."""
        self._note(result=result)
        while not self.reset_wanted:
            self._check_buttons()
            time.sleep(TICK)
        self.reset_wanted = False
        self._note(ended="reset button")

    def _check_buttons(self) -> None:
        if self.off_wanted:
            raise PowerOff("switched off")

    def _loops(self) -> bool:
        recent = self.boots[-LOOP_LIMIT - 1 : -1]
        soon = time.time() - LOOP_SECONDS * LOOP_LIMIT
        return len(recent) == LOOP_LIMIT and all(
            each.ended == "reset by the guest" and each.result != boots.UP and each.started > soon for each in recent
        )

    # -- writing down

    def _new_boot(self) -> None:
        console = self.wiring.console
        console.touch()
        self.boots.append(Boot(len(self.boots) + 1, time.time(), offset=console.stat().st_size))
        self._note()

    def _record(self, choice: Choice) -> None:
        result = choice.result
        self._note(
            loader=choice.loader,
            config=choice.config,
            entry=choice.entry,
            title=choice.title,
            why=choice.why,
            commands=list(choice.commands),
        )
        if isinstance(result, Native):
            self._note(kind="native", kernel=result.file, kernel_arguments=f"-{result.flags}" if result.flags else "")
        elif isinstance(result, Xen):
            kernel, _blank, arguments = (result.modules[0].text if result.modules else "").partition(" ")
            self._note(kind="xen", kernel=kernel, kernel_arguments=arguments)
            self._note(xen=result.file, xen_arguments=result.arguments)

    def _note(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self.boots[-1], name, value)
        boots.save(self.directory, self.boots)

    def _print(self, *lines: str) -> None:
        with self.wiring.console.open("a") as console:
            console.writelines(f"{line}\n" for line in lines)


def panic_message(text: str) -> str:
    """Why Xen or the kernel stopped, from the console; "" if it says nothing of the kind, or not all of it yet.

    Xen's reason is on the line below its "Panic on CPU 0:".
    """
    lines = text.split("\n")[:-1]
    for number, line in enumerate(lines):
        if any(word in line for word in PANICS):
            lines_of_it = 2 if line.rstrip().endswith(":") else 1
            told = lines[number : number + lines_of_it]
            return " ".join(each.replace("(XEN)", "").strip() for each in told) if len(told) == lines_of_it else ""
    return ""


def _bdf(function: tuple[int, int, int]) -> str:
    return f"{function[0]:02x}:{function[1]:02x}.{function[2]:x}"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
