# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Command lines of xm, from Xen 3.1 to 4.2 (tools/python/xen/xm/main.py, create.py).

They carry the names of ``_xl.Commands``, so that a plan is made the same way for both.
"""

from __future__ import annotations

from typing import NoReturn

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_vdev
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm_devices


class Commands:
    """Command lines as lists, with no effect of their own: the plan shows them, the apply phase runs them."""

    @staticmethod
    def create(path: str, paused: bool = False) -> list[str]:
        return ["xm", "create", "-p", path] if paused else ["xm", "create", path]

    @staticmethod
    def restore(save_file: str, paused: bool = False) -> list[str]:
        return ["xm", "restore", "-p", save_file] if paused else ["xm", "restore", save_file]

    @staticmethod
    def save(name: str, save_file: str) -> list[str]:
        return ["xm", "save", name, save_file]

    @staticmethod
    def shutdown(name: str, fallback: bool = False) -> list[str]:
        """xend asks a guest by xenstore and, an HVM one, by its device model; there is no ``fallback`` to ask for."""
        return ["xm", "shutdown", name]

    @staticmethod
    def destroy(name: str) -> list[str]:
        return ["xm", "destroy", name]

    @staticmethod
    def reboot(name: str, fallback: bool = False) -> list[str]:
        return ["xm", "reboot", name]

    @staticmethod
    def rename(name: str, new_name: str) -> list[str]:
        return ["xm", "rename", name, new_name]

    @staticmethod
    def trigger(name: str, trigger: str, vcpu: int = 0) -> list[str]:
        return ["xm", "trigger", name, trigger, str(vcpu)]

    @staticmethod
    def sysrq(name: str, key: str) -> list[str]:
        return ["xm", "sysrq", name, key]

    @staticmethod
    def dump_core(name: str, path: str) -> list[str]:
        return ["xm", "dump-core", name, path]

    @staticmethod
    def pause(name: str) -> list[str]:
        return ["xm", "pause", name]

    @staticmethod
    def unpause(name: str) -> list[str]:
        return ["xm", "unpause", name]

    @staticmethod
    def set_memory(name: str, mib: int) -> list[str]:
        """MiB without a unit, which all versions take."""
        return ["xm", "mem-set", name, str(mib)]

    @staticmethod
    def set_maxmem(name: str, mib: int) -> list[str]:
        return ["xm", "mem-max", name, str(mib)]

    @staticmethod
    def set_vcpus(name: str, count: int, overcommit: bool = False) -> list[str]:
        """xm never compares with the host's CPUs, so there is no ``overcommit`` to ask for."""
        return ["xm", "vcpu-set", name, str(count)]

    @staticmethod
    def set_sched(name: str, scheduler: str, parameter: str, value: int) -> list[str]:
        """``parameter``: weight or cap; xend leaves the other one as it is."""
        return ["xm", f"sched-{scheduler}", "-d", name, f"-{parameter[0]}", str(value)]

    @staticmethod
    def pin_vcpu(name: str, vcpu: str, cpus: str) -> list[str]:
        """``vcpu``: its number, or all."""
        return ["xm", "vcpu-pin", name, vcpu, cpus]

    @staticmethod
    def attach_disk(name: str, spec: str) -> list[str]:
        """The parts of a disk as in a config file of xm, each an argument of its own."""
        return ["xm", "block-attach", name, *_xm_devices.disk_to_xm(spec).split(",")]

    @staticmethod
    def detach_disk(name: str, vdev: str) -> list[str]:
        """By number, as `xm block-list` has it: xend reads decimal digits here, hexadecimal ones in a config."""
        return ["xm", "block-detach", name, str(_spec_vdev.vdev_number(vdev))]

    @staticmethod
    def insert_cd(name: str, vdev: str, target: str) -> list[str]:
        not_in_xm("change the medium of a running guest's CD-ROM drive")

    @staticmethod
    def eject_cd(name: str, vdev: str) -> list[str]:
        not_in_xm("change the medium of a running guest's CD-ROM drive")

    @staticmethod
    def attach_vif(name: str, spec: str) -> list[str]:
        return ["xm", "network-attach", name, *(item for item in _xm_devices.vif_to_xm(spec).split(",") if item)]

    @staticmethod
    def detach_vif(name: str, mac: str) -> list[str]:
        return ["xm", "network-detach", name, mac]

    @staticmethod
    def attach_pci(name: str, spec: str) -> list[str]:
        bdf, _comma, options = spec.partition(",")
        return ["xm", "pci-attach", *(f"-o{option}" for option in options.split(",") if option), name, bdf]

    @staticmethod
    def detach_pci(name: str, bdf: str) -> list[str]:
        return ["xm", "pci-detach", name, bdf]


class Commands3(Commands):
    """Those of Xen 3.1 and 3.3: a vif goes by its number only, which nothing but `xm network-list` tells."""

    @staticmethod
    def detach_vif(name: str, mac: str) -> list[str]:
        not_in_xm("detach a vif by its MAC in Xen 3")

    @staticmethod
    def attach_pci(name: str, spec: str) -> list[str]:
        not_in_xm("attach a PCI function to a running guest in Xen 3")

    @staticmethod
    def detach_pci(name: str, bdf: str) -> list[str]:
        not_in_xm("detach a PCI function from a running guest in Xen 3")


def not_in_xm(what: str) -> NoReturn:
    """:raises HostError: xm cannot do that; while planning it means that the change needs a restart."""
    raise HostError(f"xm cannot {what}.", error_id="not_in_toolstack")
