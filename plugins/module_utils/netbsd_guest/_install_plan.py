# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What has to be done to install NetBSD on a guest's disk without anybody at the console. Pure functions."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_stamp
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest._install_stamp import Stamp

DOMU, GENERIC = "XEN3_DOMU", "GENERIC"
MACHINES = ("amd64", "i386")
# e_machine of ELF: EM_386, EM_X86_64
_ELF_MACHINE = {3: "i386", 62: "amd64"}
FIRST_PVH = 10


class Wish(NamedTuple):
    """
    :param system: ``NetBSD 10.1/amd64``.
    :param force: the disk whose content may go.
    :param kernel: where in the dom0 the kernel shall be, None for nowhere.
    """

    name: str
    disk: str
    system: str
    sets: tuple[str, ...]
    config: str
    force: str | None
    kernel: str | None


class Situation(NamedTuple):
    """
    :param disk: whether it is there.
    :param label: name in its disklabel, None without one.
    :param content: what is on it, None when it is blank.
    :param kernel: whether the kernel is there in the dom0.
    """

    stamp: Stamp | None
    disk: bool
    label: str | None
    content: str | None
    kernel: bool


class InstallPlan(NamedTuple):
    """
    :param install: whether the disk is written; :param over: what is lost by that.
    :param kernel: whether the kernel is put into the dom0.
    """

    install: bool
    kernel: bool
    actions: list[str]
    over: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.actions)


def kernel_config(machine: str, kind: str, release: str) -> str:
    """The configuration of the kernel for a guest of this type.

    Sources: etc/etc.amd64/Makefile.inc, etc/etc.i386/Makefile.inc (XEN3PAE_DOMU); GENERIC has ``options XENPVHVM``
    since NetBSD 10, and so starts as a PVH guest.

    :param kind: ``pv`` or ``pvh``.
    :raises BadValue: the release has no such kernel.
    """
    if kind == "pvh":
        if int(release.split(".")[0]) < FIRST_PVH:
            raise BadValue("type", kind, f"NetBSD {release} does not start as a PVH guest; {FIRST_PVH}.0 and later do.")
        return GENERIC
    return DOMU if machine == "amd64" else "XEN3PAE_DOMU"


def plan(wish: Wish, seen: Situation) -> InstallPlan:
    """
    :raises ConflictError: there is something on the disk that is not ours, and ``force`` does not name it.
    """
    ours = seen.stamp is not None and seen.label == seen.stamp.label
    if ours and seen.stamp and seen.stamp.state == _install_stamp.DONE:
        actions = [] if seen.kernel or not wish.kernel else [f"put the kernel {wish.config} at {wish.kernel}"]
        differs = seen.stamp.system != wish.system
        warning = f"{wish.disk} has {seen.stamp.system} on it. It is not made {wish.system} by this." if differs else ""
        return InstallPlan(False, bool(actions), actions, None, (warning,) if warning else ())
    over = None
    if seen.content and not ours:
        if wish.force != wish.disk:
            raise ConflictError(
                f"{wish.disk} is not blank: it has {seen.content}. It is never overwritten, unless `force` has its "
                f"very path: `force: {wish.disk}`.",
                error_id="disk_not_blank",
                found=seen.content,
            )
        over = seen.content
    return InstallPlan(True, bool(wish.kernel), _actions(wish, seen, ours), over)


def _actions(wish: Wish, seen: Situation, again: bool) -> list[str]:
    actions = [f"start over on {wish.disk}"] if again else []
    if seen.content and not again:
        actions.append(f"overwrite {seen.content} on {wish.disk}")
    actions += [f"label {wish.disk}", f"newfs -O 2 on {wish.disk}", f"unpack {' '.join(wish.sets)}"]
    actions += ["make the device nodes", "write the guest's files", f"put the kernel {wish.config} in as /netbsd"]
    if wish.kernel:
        actions.append(f"put the kernel {wish.config} at {wish.kernel}")
    return actions


def require_machine(kernel: bytes, name: str, machine: str) -> None:
    """:param kernel: its content, not compressed.

    :raises XenError: it is no ELF file, or of another machine (``wrong_architecture``).
    """
    found = int.from_bytes(kernel[18:20], "little") if kernel.startswith(b"\x7fELF") else None
    is_for = _ELF_MACHINE.get(found or 0, "no machine that is known here")
    if is_for != machine:
        raise XenError(f"{name} is a kernel for {is_for}, and not for {machine}.", error_id="wrong_architecture")
