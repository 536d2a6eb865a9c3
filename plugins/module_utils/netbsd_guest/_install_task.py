# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The task of netbsd_install: NetBSD on a guest's disk, from a release's sets, without anybody at the console.

Sources: disklabel(8), newfs(8), tar(1), MAKEDEV(8) of NetBSD; usr.sbin/sysinst for what an installation consists of.
"""

from __future__ import annotations

import os
import platform
import tempfile
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _download
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import (
    _guest_kernel,
    _guest_task,
    _guestfiles,
    _install_plan,
    _install_stamp,
    _release_files,
)
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest._install_stamp import Stamp
from ansible_collections.netbsd.xen.plugins.module_utils.storage import (
    _attach,
    _blockdev,
    _disk_size,
    _disklabel,
    _image_copy,
)

# a set is up to some hundred megabytes, and the disk may be slow
_TAR_SECONDS = 3600.0
_KERNEL_MODE = 0o755
# ENOSPC in the words of NetBSD's kernel, of pax's tar, and of GNU tar after a short write
_FULL = ("file system full", "no space", "wrote only")
ROOT, SWAP = "/dev/xbd0a", "/dev/xbd0b"


class InstallTask:
    """
    :param params: the module's parameters. :param check: plan, but do not apply.
    """

    def __init__(self, params: dict[str, Any], check: bool) -> None:
        self.params, self.check = params, check
        self.name = _values.domain_name("name", params["name"])
        self.disk = os.path.normpath(params["disk"])
        release, machine = params["release"], params["machine"]
        _release_files.check_number(release)
        self.config = params["kernel_config"] or _install_plan.kernel_config(machine, params["type"], release)
        self.release = _release_files.Release(params["source"], release, machine, params["cache"] or _download.CACHE)
        self.guest = _guestfiles.wanted({**params, "rc_conf": {**(params["rc_conf"] or {}), "rc_configured": True}})
        self.done: list[str] = []

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: nothing was changed, unless ``actions_done`` is in its details.
        """
        _host.require_root()
        if platform.system() != "NetBSD":
            raise HostError(
                f"disklabel(8), newfs(8) and FFS are NetBSD's, and this host runs {platform.system()}.",
                error_id="not_netbsd",
            )
        if self.check:
            return self._result(self._plan())
        with _install_stamp.alone(self.name):
            plan = self._plan()
            if plan.changed:
                self._apply(plan)
            return self._result(plan)

    # Read and plan

    def _plan(self) -> _install_plan.InstallPlan:
        force = self.params["force"]
        wish = _install_plan.Wish(
            self.name,
            self.disk,
            self._system(),
            tuple(self.params["sets"]),
            self.config,
            os.path.normpath(force) if force else None,
            self.params["kernel"],
        )
        return _install_plan.plan(wish, self._look())

    def _system(self) -> str:
        return f"NetBSD {self.release.number}/{self.release.machine}"

    def _look(self) -> _install_plan.Situation:
        kernel = bool(self.params["kernel"]) and os.path.exists(self.params["kernel"])
        stamp = _install_stamp.read(self.name)
        if not os.path.exists(self.disk):
            if not self.check:
                raise XenError(
                    f"{self.disk} is not there. Make it first, with netbsd.xen.xen_disk.", error_id="disk_missing"
                )
            # a plan for a host on which the disk is still to be made
            return _install_plan.Situation(stamp, False, None, None, kernel)
        head = self._head()
        return _install_plan.Situation(stamp, True, _disklabel.name_of(head), _disklabel.content(head), kernel)

    def _head(self) -> bytes:
        handle = _image_copy.open_disk(self.disk, os.O_RDONLY)
        try:
            return os.pread(handle, _disklabel.LOOK, 0)
        finally:
            os.close(handle)

    # Apply

    def _apply(self, plan: _install_plan.InstallPlan) -> None:
        """Everything that can fail without the disk comes first."""
        packed, kernel = _guest_kernel.load(self.release, self.config)
        sets = self.release.sets(list(self.params["sets"])) if plan.install else []
        paths = [self.release.fetch(file) for file in sets]
        try:
            if plan.install:
                self._install(paths, kernel)
            if plan.kernel:
                _guest_kernel.put(self.params["kernel"], packed)
                self.done.append(plan.actions[-1])
        except XenError as error:
            error.details["actions_done"] = self.done
            raise

    def _install(self, sets: list[str], kernel: bytes) -> None:
        _mount.clean_up()
        real = os.path.realpath(self.disk)
        stamp = _install_stamp.read(self.name)
        if stamp and stamp.state == _install_stamp.BEGUN and stamp.disk == self.disk and os.path.isfile(real):
            # a killed run may have left its vnd; a guest has none of a disk that was never finished
            _attach.detach(real)
        view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        _mount.require_unused(self.disk, view)
        swap = _disk_size.parse("swap", self.params["swap"]) if self._swaps() else 0
        parts = _disklabel.layout(_blockdev.size(self.disk), swap)
        stamp = Stamp(_install_stamp.BEGUN, self.disk, _install_stamp.new_label(), self._system())
        _install_stamp.write(self.name, stamp)
        self._label(parts, stamp.label)
        self._newfs(parts)
        partition = "a" if os.path.isfile(real) else None
        with _mount.mounted(self.disk, partition, "ffs", view=view) as root:
            self._fill(root, sets, kernel, bool(parts.swap))
        _install_stamp.write(self.name, stamp._replace(state=_install_stamp.DONE))

    def _swaps(self) -> bool:
        return str(self.params["swap"]) != "0"

    def _raw(self) -> str:
        """The raw device of a volume or partition; an image is itself."""
        return _blockdev.raw(self.disk) if _blockdev.is_block(self.disk) else self.disk

    def _label(self, parts: _disklabel.Layout, name: str) -> None:
        """What was there goes first: an old MBR would lead disklabel(8) to another place."""
        handle = os.open(self._raw(), os.O_RDWR)
        try:
            os.pwrite(handle, bytes(_disklabel.LOOK), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        with tempfile.NamedTemporaryFile("w", prefix="netbsd-xen.", suffix=".disklabel") as proto:
            proto.write(_disklabel.proto(parts, name))
            proto.flush()
            self._command("disklabel", "-F", "-R", "-r", self._raw(), proto.name)
        if _disklabel.name_of(self._head()) != name:
            raise HostError(f"disklabel(8) has left no label on {self.disk}.", error_id="not_as_planned")
        self.done.append(f"label {self.disk}")

    def _newfs(self, parts: _disklabel.Layout) -> None:
        real = os.path.realpath(self.disk)
        if not os.path.isfile(real):
            self._command("newfs", "-F", "-s", str(parts.root), "-O", "2", self._raw())
        else:
            device = _attach.attach(real, "a", read_only=False)
            try:
                self._command("newfs", "-O", "2", device.replace("/dev/", "/dev/r"))
            finally:
                _attach.detach(real)
        self.done.append(f"newfs -O 2 on {self.disk}")

    def _fill(self, root: str, sets: list[str], kernel: bytes, swap: bool) -> None:
        for path in sets:
            flags = "-xpJf" if path.endswith(".xz") else "-xpzf"
            self._command("tar", flags, path, "-C", root)
        self.done.append(f"unpack {' '.join(self.params['sets'])}")
        makedev = 'cd "$1" && exec /bin/sh ./MAKEDEV all'
        self._command("/bin/sh", "-c", makedev, "MAKEDEV", f"{root}/dev")
        self.done.append("make the device nodes")
        self._write_files(root, swap)
        _atomicfile.write(f"{root}/netbsd", kernel, new_mode=_KERNEL_MODE)
        self.done.append(f"put the kernel {self.config} in as /netbsd")

    def _write_files(self, root: str, swap: bool) -> None:
        for change in _guestfiles.changes(self.guest, _guest_task.reader_below(root)):
            _guest_task.write(root, change)
        table = _guestfiles.fstab(ROOT, SWAP if swap else None, self.release.number)
        _guest_task.write(root, FileChange("/etc/fstab", None, table))
        for place in _guestfiles.MOUNT_POINTS:
            os.makedirs(root + place, mode=0o755, exist_ok=True)
        self.done.append("write the guest's files")

    def _command(self, *words: str) -> None:
        done = _command.run([_host.find_program(words[0]) or words[0], *words[1:]], timeout=_TAR_SECONDS)
        if done.rc != 0:
            said = (done.stderr or done.stdout).strip()
            full = any(phrase in said.lower() for phrase in _FULL)
            raise CommandError(
                f"`{' '.join(words)}` failed (exit status {done.rc}): {said[-2000:]}."
                + (" The disk is too small for these sets." if full else "")
                + f" {self.disk} is only begun; the next run starts over.",
                words,
                *done,
                error_id="no_space" if full else "command_failed",
            )

    # Report

    def _result(self, plan: _install_plan.InstallPlan) -> dict[str, Any]:
        before = plan.over or "blank"
        diff = {"before_header": self.disk, "after_header": self.disk, "before": f"{before}\n"}
        return {
            "changed": plan.changed,
            "actions": plan.actions,
            "diff": [{**diff, "after": f"{self._system()}\n"}] if plan.install else [],
            "warnings": list(plan.warnings),
            "kernel": self.params["kernel"],
            "kernel_config": self.config,
            "stamp": _install_stamp.path_of(self.name),
        }


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """The whole task.

    :raises XenError: see ``InstallTask.run``.
    """
    return InstallTask(params, check).run()
