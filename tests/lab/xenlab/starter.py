# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a boot loader decided to QEMU's arguments: real Xen and a Linux kernel in the place of NetBSD's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from .loader import kernelline
from .loader.kernelline import KernelLine
from .loader.outcome import Module, Native, Xen
from .machine import LINUX_OPTIONS, escape

INITRD = "initrd.gz"
# Added to Xen's arguments in front of those of the boot entry, which count more: several or wandering CPUs make dom0
# many times slower under emulation. Behind them: the lab's screen is the serial line, a panic stays on it instead of
# starting the machine again, and memory is not scrubbed for nothing.
XEN_DEFAULTS = "dom0_max_vcpus=1 dom0_vcpus_pin"
XEN_NEEDS = "com1=115200 console=com1 noreboot bootscrub=0"
# as for the other lab hosts, but a panic is no reason to start again: NetBSD waits in its debugger then
LINUX_NEEDS = LINUX_OPTIONS.replace("panic=10", "panic=0")
# what Xen gets as its dom0 kernel when NetBSD's is none: not even an ELF header
NO_KERNEL = b"\0" * 4096


@dataclass(frozen=True)
class Started:
    """arguments: QEMU's for this boot, to be used in the boot directory; dom0: what the dom0 kernel made of its line;
    waits: why the kernel waits for a person instead of coming up, or ""."""

    arguments: tuple[str, ...]
    dom0: KernelLine
    waits: str = ""


def prepare(directory: Path) -> None:
    """Empty the boot directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def native(chosen: Native, directory: Path, initrd: Path) -> Started:
    """A kernel without Xen: QEMU starts the ELF file by its PVH entry."""
    (directory / "kernel").write_bytes(chosen.image.data)
    shutil.copyfile(initrd, directory / INITRD)
    flags = [f"-{chosen.flags}"] if chosen.flags else []
    words = [*flags, *_about(chosen.image.config, chosen.image.release, chosen.file), "console=ttyS0", LINUX_NEEDS]
    waits = next((kernelline.WAITING[flag] for flag in chosen.flags if flag in kernelline.WAITING), "")
    arguments = ("-kernel", "kernel", "-initrd", INITRD, "-append", " ".join(words))
    return Started(arguments, KernelLine(flags=chosen.flags), waits)


def xen(chosen: Xen, directory: Path, initrd: Path) -> Started:
    """Xen with its modules in their order. Behind a dom0 kernel comes the lab's own initramfs and nothing else: NetBSD
    looks at no further module."""
    (directory / "xen").write_bytes(chosen.image.data)
    shutil.copyfile(initrd, directory / INITRD)
    arguments = [
        "-kernel",
        "xen",
        "-append",
        escape(" ".join(filter(None, (XEN_DEFAULTS, chosen.arguments, XEN_NEEDS)))),
    ]
    if not chosen.modules:
        return Started(tuple(arguments), KernelLine())
    first, *others = chosen.modules
    if first.image.boots_as_dom0:
        line = kernelline.read(first.text.partition(" ")[2])
        (directory / "module0").write_bytes(first.image.data)
        modules = [f"module0 {' '.join(_dom0_words(first, line))}", INITRD]
        return Started((*arguments, "-initrd", _initrd(modules)), line, line.waits)
    modules = []
    for number, module in enumerate([first, *others]):
        wrong_kernel = module.image.kernel and not module.image.boots_as_dom0
        (directory / f"module{number}").write_bytes(NO_KERNEL if wrong_kernel else module.image.data)
        modules.append(f"module{number} {module.text.partition(' ')[2]}".strip())
    return Started((*arguments, "-initrd", _initrd(modules)), KernelLine())


def _initrd(modules: list[str]) -> str:
    """QEMU's list of multiboot modules."""
    return ",".join(escape(module) for module in modules)


def _dom0_words(module: Module, line: KernelLine) -> list[str]:
    """Linux's command line: NetBSD's words as they are (the face reads them), and what they mean for Linux."""
    words = [*line.words, *_about(module.image.config, module.image.release, module.text.partition(" ")[0])]
    if line.hidden:
        functions = "".join(f"(0000:{bus:02x}:{device:02x}.{function:x})" for bus, device, function in line.hidden)
        words.append(f"xen-pciback.hide={functions}")
    return [*words, "console=hvc0", LINUX_NEEDS]


def _about(config: str, release: str, file: str) -> list[str]:
    """What the face tells of the kernel."""
    named = {"lab.kernel": config, "lab.release": release, "lab.booted": file}
    return [f"{name}={value}" for name, value in named.items() if value]
