# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One Linux guest's disk, from the task's parameters to its result: read, plan, build. Used by linux_install."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan, _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _checksum, _download
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import (
    _linux_boot,
    _linux_build,
    _linux_files,
    _linux_kernel,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _disk_size, _lvm, _mke2fs

# where a volume's root is unpacked: an image's is beside the image
_WORK = "/var/tmp"


class InstallTask:
    """:param params: the module's parameters. :param check_mode: plan, but do not build."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.name = _values.domain_name("name", params["name"])
        self.place = _disk_place.place_of("disk", params["disk"])
        self.lvm = _lvm.Lvm()
        self.copies = self._copies()
        self.pvgrub = self._pvgrub()

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: nothing was changed.
        """
        _host.require_root()
        wanted = self._wanted()
        found = _disk_place.look("disk", self.place, self.lvm)
        over = found is not None and self._is_named(self.params["force"])
        if found and not over:
            self._require_ours()
            return self._result([], [])
        if over:
            self._require_free()
        build, warnings = self._build(wanted, over)
        actions = self._actions(build)
        if not self.check_mode:
            _linux_build.run(build, self.lvm)
        return self._result(actions, warnings)

    # Read

    def _is_named(self, force: str | None) -> bool:
        """:raises BadValue: ``force`` names another disk than ``disk``."""
        if not force:
            return False
        if _disk_place.place_of("force", force).path != self.place.path:
            raise BadValue("force", force, f"it must name the disk that may be overwritten, {self.place.path}.")
        return True

    def _require_ours(self) -> None:
        """:raises ConflictError: what is there was not made for this guest."""
        if _mke2fs.uuid_of(self.place.path) == _mke2fs.uuid_for(self.name):
            if self.copies and not self.params["kernel"] and not os.path.exists(self.copies[0]):
                raise XenError(
                    f"{self.place.path} is the disk of {self.name}, and the copy of its kernel, {self.copies[0]}, is "
                    "missing. Put it back, give another one in `kernel`, or build the disk anew with `force`.",
                    error_id="kernel_missing",
                )
            return
        what = "is empty" if _mke2fs.is_blank(self.place.path) else "has something else on it"
        raise ConflictError(
            f"{self.place.path} exists and {what}; it was not made for {self.name} by this module. It is left as it "
            f"is. Remove it, choose another path, or say `force: {self.place.path}` to overwrite it.",
            error_id="disk_exists",
        )

    def _require_free(self) -> None:
        view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        for user in _disk_use.users(view, self.place.path):
            if user.running:
                raise ConflictError(
                    f"{self.place.path} is a disk of {user.where}. It is not overwritten; stop that first.",
                    error_id="disk_in_use",
                )

    # Plan

    def _wanted(self) -> _linux_files.Wanted:
        params = self.params
        hostname = params["hostname"] or self.name
        fstab = _linux_files.fstab(f"/dev/{params['vdev']}", params["fstype"], params["fstab"] or [])
        return _linux_files.wanted({**params, "hostname": hostname})._replace(
            fstab=fstab, console=True, identity=self.name
        )

    def _copies(self) -> tuple[str, str] | None:
        """Where the kernel and the ramdisk of the guest go in the dom0."""
        params = self.params
        if params["kernel"] or params["bootloader"]:
            return None
        folder = params["kernel_dir"]
        if not folder:
            if self.place.kind == _disk_place.VOLUME:
                raise BadValue(
                    "kernel_dir", folder, f"{self.place.path} is a volume: say where its kernel is to be copied to."
                )
            folder = os.path.dirname(self.place.path)
        folder = _values.absolute_path("kernel_dir", folder)
        if not os.path.isdir(folder):
            raise BadValue("kernel_dir", folder, "this folder does not exist; create it first.")
        return os.path.join(folder, f"{self.name}-vmlinuz"), os.path.join(folder, f"{self.name}-initrd")

    def _pvgrub(self) -> str | None:
        """:raises BadValue: it is not in the dom0, or is not what shall boot the guest."""
        params = self.params
        if params["bootloader"] == _linux_boot.PVGRUB:
            return _linux_boot.image_of(params["pvgrub"], params["arch"])
        if params["pvgrub"]:
            raise BadValue("pvgrub", params["pvgrub"], "this is for bootloader: pvgrub.")
        return None

    def _build(self, wanted: _linux_files.Wanted, over: bool) -> tuple[_linux_build.Build, list[str]]:
        """:raises XenError: no room, no mke2fs, no such source, or not the one that it should be."""
        params = self.params
        _mke2fs.program()
        size = _disk_size.parse("size", params["size"])
        wish = _disk_plan.Wish(self.place, size, True if self._is_volume() is False and params["sparse"] else None)
        plan = _disk_plan.present(wish, None, _disk_place.Rooms(self.lvm).of(self.place))
        self._check_sources()
        base = os.path.dirname(self.place.path) if not self._is_volume() else _WORK
        work = _values.absolute_path("work_dir", params["work_dir"] or base)
        if not os.path.isdir(work):
            raise BadValue("work_dir", work, "this folder does not exist; create it first.")
        build = _linux_build.Build(
            name=self.name,
            place=self.place,
            size=size if plan.size is None else plan.size,
            sparse=bool(params["sparse"]),
            fstype=params["fstype"],
            architecture=params["arch"],
            source=params["source"],
            checksum=params["checksum"],
            cache=params["cache_dir"],
            folder=os.path.join(work, f".{self.name}.root"),
            wanted=wanted,
            root=f"/dev/{params['vdev']}",
            kernel=params["kernel"],
            copies=self.copies,
            bootloader=params["bootloader"],
            over=over,
        )
        return build, list(plan.warnings)

    def _is_volume(self) -> bool:
        return self.place.kind == _disk_place.VOLUME

    def _check_sources(self) -> None:
        """What can be known before anything is fetched.

        :raises BadValue: a file that is not there, or is not what its checksum says.
        """
        params = self.params
        for option in ("kernel", "ramdisk"):
            if params[option] and not os.path.isfile(params[option]):
                raise BadValue(option, params[option], "no such file in the dom0.", error_id=f"{option}_missing")
        if params["kernel"]:
            _linux_kernel.require(params["arch"], params["arch"], _linux_kernel.look(params["kernel"]))
        if not _download.is_url(params["source"]):
            _download.local_file("source", params["source"], params["checksum"], params["cache_dir"])
        elif not params["checksum"]:
            raise BadValue("checksum", None, f"{params['source']} is fetched, so its checksum is needed: sha256:0123…")
        else:
            _checksum.digest(params["checksum"])

    def _actions(self, build: _linux_build.Build) -> list[str]:
        """What is done, in order; no action depends on what is in the source, which check mode has not seen."""
        found = []
        if _download.is_url(build.source):
            expected = _checksum.digest(build.checksum or "")
            if not os.path.exists(_download.cached_path(build.source, expected, build.cache)):
                found.append(f"fetch {build.source}")
        found.append(f"unpack {build.source}")
        if build.copies:
            found.append(f"copy its kernel to {build.copies[0]}")
        about = f"{_disk_size.show(build.size)}, {build.fstype}{', sparse' if build.sparse else ''}"
        found.append(f"{'overwrite' if build.over else 'create'} {self.place.path} ({about})")
        return found

    # Report

    def _result(self, actions: list[str], warnings: list[str]) -> dict[str, Any]:
        diff = {
            "before_header": self.place.path,
            "after_header": self.place.path,
            "before": "",
            "after": "".join(f"{action}\n" for action in actions),
        }
        return {
            "changed": bool(actions),
            "actions": actions,
            "warnings": warnings,
            "diff": [diff] if actions else [],
            "disk": {"path": self.place.path, "kind": self.place.kind, "uuid": _mke2fs.uuid_for(self.name)},
            "domain": self._domain(),
        }

    def _domain(self) -> dict[str, Any]:
        """Options of xen_domain that boot the guest."""
        params = self.params
        disks = [{"target": self.place.path, "vdev": params["vdev"]}]
        if self.pvgrub:
            return {"kernel": self.pvgrub, "disks": disks}
        if params["bootloader"]:
            return {"bootloader": params["bootloader"], "disks": disks}
        kernel, ramdisk = (params["kernel"], params["ramdisk"]) if params["kernel"] else self.copies or (None, None)
        found = {"kernel": kernel, "root": f"/dev/{params['vdev']} ro", "disks": disks}
        if ramdisk and (os.path.exists(ramdisk) or self.check_mode):
            found["ramdisk"] = ramdisk
        known = _linux_kernel.look(kernel) if kernel and os.path.exists(kernel) else _linux_kernel.Kernel(None, None)
        found["extra"] = _linux_kernel.console(known)
        return found
