# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated machine: QEMU's arguments. A snapshot is restored with the same ones that it was saved with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .recipe import digest

QEMU = "qemu-system-x86_64"

# No SMAP: QEMU 7.2's TCG faults a PV dom0 at once with it. npt and vgif are what Xen wants for HVM guests.
TCG_CPU = "qemu64,+rdrand,+npt,+vgif"
XEN_OPTIONS = "dom0_max_vcpus=1 dom0_vcpus_pin com1=115200 console=com1 bootscrub=0 loglvl=all guest_loglvl=all"
LINUX_OPTIONS = "net.ifnames=0 panic=10 mitigations=off audit=0 apparmor=0 random.trust_cpu=on quiet"


@dataclass(frozen=True)
class Machine:
    """One kind of lab host.

    memory and dom0_memory are MiB. bare starts dom0's kernel without Xen. kvm uses the host's virtualisation, which
    often cannot run Xen inside; the default emulates. netbsd is the host with the NetBSD face: what it boots stands on
    its own disk (firmware.py), so dom0_memory and bare say nothing there. cpus None: four, but two with the NetBSD
    face, which is booted again and again.
    """

    memory: int = 6144
    cpus: int | None = None
    dom0_memory: int = 768
    bare: bool = False
    kvm: bool = False
    netbsd: bool = False

    def hardware(self) -> list[str]:
        """CPU, memory and PCI devices.

        PCI devices to give away: 00:05.0 e1000 and 00:06.0 e1000e (no function-level reset), 01:00.0 virtio-net (has
        it) and 02:00.0 e1000e behind root ports. Without the IOMMU, Xen refuses to assign any.
        """
        accel = ["-accel", "kvm", "-cpu", "host,-smap"] if self.kvm else _tcg()
        return [
            *("-machine", "q35", *accel, "-smp", str(self.cpus or (2 if self.netbsd else 4)), "-m", str(self.memory)),
            *("-display", "none", "-vga", "none", "-nodefaults", "-no-user-config"),
            *("-device", "intel-iommu,intremap=off"),
            *("-device", "virtio-blk-pci,drive=root,addr=0x1"),
            *("-device", "virtio-net-pci,netdev=outside,romfile=,addr=0x2"),
            *("-device", "e1000,addr=0x5,romfile="),
            *("-device", "e1000e,addr=0x6,romfile="),
            *("-device", "pcie-root-port,id=port1,addr=0x9,chassis=1"),
            *("-device", "virtio-net-pci,bus=port1,romfile="),
            *("-device", "pcie-root-port,id=port2,addr=0xa,chassis=2"),
            *("-device", "e1000e,bus=port2,romfile="),
        ]

    def boot(self) -> list[str]:
        """What is loaded, relative to the image's boot directory (QEMU is started there: its multiboot loader cannot
        quote a path with spaces). With Xen, QEMU loads it as a multiboot kernel and Linux as its first module."""
        if self.netbsd:
            return []  # decided at each boot
        if self.bare:
            return ["-kernel", "vmlinuz", "-initrd", "initrd.gz", "-append", f"console=ttyS0 {LINUX_OPTIONS}"]
        memory = f"dom0_mem={self.dom0_memory}M,max:{self.dom0_memory}M"
        linux = f"console=hvc0 {LINUX_OPTIONS}"
        return ["-kernel", "xen", "-append", f"{memory} {XEN_OPTIONS}", "-initrd", f"vmlinux {escape(linux)},initrd.gz"]

    def key(self, qemu_version: str) -> str:
        """Names what a snapshot depends on beside the image."""
        kind = ["netbsd"] if self.netbsd else self.boot()
        return digest([qemu_version, *self.hardware(), *kind])


@dataclass(frozen=True)
class Wiring:
    """The files of one instance, and its SSH port on the loopback interface (0: any free one).

    events: the socket of a second monitor, for a supervisor that starts the machine again when the guest resets it.
    """

    disk: Path
    console: Path
    pidfile: Path
    qmp: Path
    port: int = 0
    events: Path | None = None

    def arguments(self) -> list[str]:
        """The part of QEMU's arguments that differs between instances and does not matter to a snapshot.

        restrict=on: nothing outside is reached from the lab.
        """
        return [
            *("-drive", f"file={escape(str(self.disk))},if=none,id=root,format=qcow2,cache=unsafe,discard=unmap"),
            *("-netdev", f"user,id=outside,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:22"),
            *self._console(),
            *("-qmp", f"unix:{escape(str(self.qmp))},server=on,wait=off"),
            *("-pidfile", str(self.pidfile)),
        ]

    def _console(self) -> list[str]:
        if self.events is None:
            return ["-serial", f"file:{self.console}"]
        return [
            *("-chardev", f"file,id=console,path={escape(str(self.console))},append=on", "-serial", "chardev:console"),
            *("-no-reboot", "-qmp", f"unix:{escape(str(self.events))},server=on,wait=off"),
        ]


def _tcg() -> list[str]:
    return ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", TCG_CPU]


def escape(text: str) -> str:
    """Commas separate QEMU's options: double those inside a value."""
    return text.replace(",", ",,")


def command(
    name: str, machine: Machine, wiring: Wiring, incoming: str = "", boot: Sequence[str] | None = None
) -> list[str]:
    """The whole command line. incoming: a shell command whose output is the saved machine; boot: what is loaded, if
    that is not the machine's own."""
    restore = ["-incoming", f"exec:{incoming}"] if incoming else []
    loaded = machine.boot() if boot is None else boot
    return [QEMU, "-name", f"xenlab-{name}", *machine.hardware(), *loaded, *wiring.arguments(), *restore]
