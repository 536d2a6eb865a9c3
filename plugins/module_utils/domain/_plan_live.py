# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Changes of a running guest: the commands that bring one property to it, or the answer that only a restart does.

Pure functions, one for each word that ``Option.change`` may have. A change is made live as a whole or not at all: when
one device of a list needs a restart, the whole list waits for it, so that file and guest never agree half.

What is never done live, though Xen would let us:

- changing a disk or a vif in place, which is taking it away and bringing another: the guest would see its mounted
  file system or its configured interface vanish. Only the medium of a CD-ROM drive is changed.
- detaching the disk that the guest booted from.
"""

from __future__ import annotations

import re
from typing import Any, Callable, List, NamedTuple, Optional

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _devices
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options, _vcpulist

# First what may fail and can be taken back at once, then what the guest needs time for, last what cannot be refused:
# whoever loses a device does so only after everything else went well.
ORDER = (
    "attach_vif",
    "attach_disk",
    "attach_pci",
    "change_cd",
    "set_sched",
    "pin_vcpus",
    "set_memory",
    "set_maxmem",
    "set_vcpus",
    "detach_pci",
    "detach_vif",
    "detach_disk",
)
# A disk on the kernel's command line: root=/dev/xvda1, root=xbd0a, bootdev=xbd0.
_NAMED_DISK = re.compile(r"\b(?P<vdev>(?:xvd|sd|hd)[a-z]+)|\bxbd(?P<unit>\d+)")


class Change(NamedTuple):
    """One property that a running guest has not yet as wanted.

    :param name: of the domain.
    :param value: canonical, as wanted; ``live`` as it is.
    :param wanted: all that the guest shall have, by the names of options.
    :param config: libxl's configuration of the guest.
    :param policy: whether a list of devices is exact.
    """

    name: str
    option: _options.Option
    value: Any
    live: Any
    wanted: dict[str, Any]
    config: dict[str, Any]
    policy: str


def steps(change: Change, commands: Any) -> list[Step] | None:
    """What brings the change to the guest as it runs; None when only a restart does.

    :param commands: command lines of the toolstack; one that it does not have means that it needs a restart.
    """
    maker = _MAKERS.get(change.option.change)
    if maker is None:
        return None
    try:
        return maker(change, commands)
    except XenError:
        return None


def in_order(found: list[Step]) -> list[Step]:
    """The steps of several changes as they are to be done."""
    return sorted(found, key=lambda step: ORDER.index(step.kind))


def _command(commands: Any, what: str) -> Any:
    """:raises XenError: the toolstack has no such command."""
    maker = getattr(commands, what, None)
    if maker is None:
        raise XenError(f"This toolstack cannot {what.replace('_', ' ')}.")
    return maker


# Memory, vcpus, and where and how much these run


def _set_number(change: Change, commands: Any) -> list[Step] | None:
    """Memory or vcpus, as far as the limit goes that the guest was started with.

    Xen would raise the limit for memory (`xl mem-max`), but a guest does not grow beyond what it was started with: its
    balloon stops there, as that of a Linux PV guest was seen to.
    """
    limit = _options.BY_NAME[change.option.limit].live(change.config) if change.option.limit else _live.UNKNOWN
    if limit is not _live.UNKNOWN and change.value > limit:
        return None
    maker = _command(commands, change.option.change)
    undo = maker(change.name, change.live)
    return [command_step(change.option.change, maker(change.name, change.value), change.value, undo)]


def _lower_maxmem(change: Change, commands: Any) -> list[Step] | None:
    """Down to the memory that the guest has or gets: `xl mem-max` refuses less. Up only by a restart, see above."""
    memory = change.wanted.get("memory") or _options.BY_NAME["memory"].live(change.config)
    if change.value > change.live or memory is _live.UNKNOWN or change.value < memory:
        return None
    maker = _command(commands, "set_maxmem")
    return [command_step("set_maxmem", maker(change.name, change.value), change.value, maker(change.name, change.live))]


def _set_sched(change: Change, commands: Any) -> list[Step] | None:
    """Weight or cap of the domain, in the words of the scheduler that runs it. Others than these two know neither."""
    scheduler = change.config.get("b_info", {}).get("sched_params", {}).get("sched")
    if scheduler not in ("credit", "credit2") or change.live is None:
        return None
    parameter, maker = change.option.change[len("set_") :], _command(commands, "set_sched")
    undo = maker(change.name, scheduler, parameter, change.live)
    command = maker(change.name, scheduler, parameter, change.value)
    return [command_step("set_sched", command, change.value, undo)]


def _pin_vcpus(change: Change, commands: Any) -> list[Step] | None:
    """One set of CPUs for all vcpus, or one for each.

    None where the words of a config file stand for CPUs that only xl can tell at a start (all, nodes:0). What each
    vcpu was pinned to is known only when `xl vcpu-list` was asked (``_vcpulist``).
    """
    wanted = [change.value] * len(change.live) if isinstance(change.value, str) else change.value
    if not change.live or len(wanted) > len(change.live) or not all(map(_vcpulist.is_plain, [*wanted, *change.live])):
        return None
    maker = _command(commands, "pin_vcpu")
    steps = [
        command_step("pin_vcpus", maker(change.name, str(vcpu), cpus), None, maker(change.name, str(vcpu), was))
        for vcpu, (cpus, was) in enumerate(zip(wanted, change.live))
        if cpus != was
    ]
    if isinstance(change.value, str) and len(set(change.live)) == 1:
        everywhere = maker(change.name, "all", change.value)
        return [command_step("pin_vcpus", everywhere, None, maker(change.name, "all", change.live[0]))]
    return steps


# Devices


def _change_disks(change: Change, commands: Any) -> list[Step] | None:
    found = _changes(change)
    hvm = change.config.get("c_info", {}).get("type") == "hvm"
    if not all(hvm and _only_medium(wanted, live) for wanted, live in found.changed):
        return None
    booted = _boot_disks(change)
    if any(_devices.identity("disks", disk, 0) in booted for disk in found.removed):
        return None
    made = [_change_cd(change, wanted, live, commands) for wanted, live in found.changed]
    return made + _plug("disk", change, found, commands, lambda disk: disk.vdev)


def _only_medium(wanted: Any, live: Any) -> bool:
    """Both are CD-ROM drives. Nothing but the medium can differ then: `xl cd-insert` takes its path and no more."""
    return bool(wanted.cdrom and live.cdrom and not wanted.script and wanted.format in ("raw", "empty"))


def _change_cd(change: Change, wanted: Any, live: Any, commands: Any) -> Step:
    def command(disk: Any) -> Any:
        if disk.target:
            return _command(commands, "insert_cd")(change.name, disk.vdev, disk.target)
        return _command(commands, "eject_cd")(change.name, disk.vdev)

    return command_step("change_cd", command(wanted), wanted, command(live))


def _boot_disks(change: Change) -> set[Any]:
    """Identities of the disks that may hold the root file system: the first one, and what the kernel line names.

    NetBSD counts its xbd in the order of the disks. Rather one too many: such a disk waits for a restart.
    """
    disks = [disk for disk in change.live if not disk.cdrom]
    booted = disks[:1]
    for match in _NAMED_DISK.finditer(_live.kernel_line(change.config)):
        if match.group("unit"):
            booted += disks[int(match.group("unit")) :][:1]
        else:
            booted += [disk for disk in disks if disk.vdev.rstrip("0123456789") == match.group("vdev")]
    return {_devices.identity("disks", disk, 0) for disk in booted}


def _change_vifs(change: Change, commands: Any) -> list[Step] | None:
    found = _changes(change)
    if found.changed or any(vif.mac is None for vif in found.added):
        return None  # a vif whose MAC xl makes up could not be taken back
    return _plug("vif", change, found, commands, lambda vif: vif.mac)


def _change_pci(change: Change, commands: Any) -> list[Step] | None:
    """libxl gives a function to a guest only when it was started with passthrough on, as a guest with pci= is.

    A device that got its name by `pci-assignable-add` is not named in what libxl tells of the guest: it waits.
    """
    found = _changes(change)
    passthrough = str(change.config.get("c_info", {}).get("passthrough", "disabled"))
    if found.changed or passthrough == "disabled" or any(device.bdf is None for device in found.added + found.removed):
        return None
    return _plug("pci", change, found, commands, lambda device: device.bdf)


def _changes(change: Change) -> _devices.Changes:
    option = change.option
    return _devices.changes(option.name, option.kind.spec, change.value, change.live, change.policy)


def _plug(what: str, change: Change, found: _devices.Changes, commands: Any, key: Callable[[Any], str]) -> list[Step]:
    """Steps that attach what is new and detach what has to go; each takes back the other."""
    render = change.option.kind.spec.render
    attach, detach = _command(commands, f"attach_{what}"), _command(commands, f"detach_{what}")
    made = [
        command_step(f"attach_{what}", attach(change.name, render(device)), device, detach(change.name, key(device)))
        for device in found.added
    ]
    return made + [
        command_step(f"detach_{what}", detach(change.name, key(device)), device, attach(change.name, render(device)))
        for device in found.removed
    ]


Maker = Callable[[Change, Any], Optional[List[Step]]]
_MAKERS: dict[str, Maker] = {
    "set_memory": _set_number,
    "set_maxmem": _lower_maxmem,
    "set_vcpus": _set_number,
    "set_weight": _set_sched,
    "set_cap": _set_sched,
    "pin_vcpus": _pin_vcpus,
    "disks": _change_disks,
    "vifs": _change_vifs,
    "pci": _change_pci,
}
