# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The work of the module boot_file: a hypervisor or a kernel on the root file system, where boot loaders look."""

from __future__ import annotations

import hashlib
import os
import time
from functools import cached_property
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_host, _boot_image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_image import DOM0, DOMU, HYPERVISOR, NATIVE, Boot
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import previous_name
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _boot_source, _checksum
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._remote import Digest
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _temporary

NATIVE_KERNEL = "/netbsd"
# room that stays free beside the new file, in bytes: the boot menu and its backup must still be written
_RESERVE = 1024 * 1024
_FITTING = {
    "hypervisor": (HYPERVISOR,),
    "dom0_kernel": (DOM0, _boot_image.UNKNOWN),
    "kernel": (NATIVE, DOM0, _boot_image.UNKNOWN),
}


class Content:
    """The content of a boot file. What it is costs seconds to find out on a slow host, and is looked at when needed.

    :param name: where it comes from, for messages.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name

    @cached_property
    def boot(self) -> Boot | None:
        """What it is; None when it is nothing that boots."""
        try:
            return _boot_image.identify(self.data, self.name)
        except XenError:
            return None

    def require(self) -> Boot:
        """
        :raises XenError: it is nothing that boots.
        """
        return self.boot or _boot_image.identify(self.data, self.name)

    def require_sum(self, expected: Digest) -> None:
        """
        :raises BadValue: it is another content (``wrong_checksum``).
        """
        _checksum.require(self.name, expected, _checksum.of(self.data, expected.algorithm))

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def lines(self) -> str:
        """The content as the diff shows it."""
        what = (self.boot.version or self.boot.kind) if self.boot else "nothing that boots"
        return f"{what}\n{len(self.data)} bytes\nsha256 {self.sha256}\n"


class BootFileTask:
    """One task of boot_file.

    :param params: the options of the module.
    :param fetch: gets the content of a URL, checked.
    """

    def __init__(self, params: Mapping[str, Any], check_mode: bool, fetch: _boot_source.Fetch) -> None:
        self.params = params
        self.fetch = fetch
        self.check_mode = check_mode
        self.dest: str = params["dest"]
        self.source: str = params["src"] or ""
        self.previous = previous_name(self.dest)
        self.warnings: list[str] = []
        self.checksum = _checksum.digest(params["checksum"]) if params["checksum"] else None

    def run(self) -> dict[str, Any]:
        """Returns the module's result."""
        self._check_place()
        before = self._current()
        if not self.source:
            return self._result(before, self._as_it_is(before), [])
        if before is not None and self._is_settled(before):
            self._check_kind(before, "dest")
            return self._result(before, before, [])
        if self._only_predicted():
            return self._result(before, None, [self._action(before)])
        after = self._wanted()
        if before is not None and before.data == after.data:
            self._check_kind(before, "src")
            return self._result(before, before, [])
        self._check_replacement(before, after)
        keep = self._shall_keep(before)
        self._check_room(after, keep)
        actions = [f"keep {self.dest} as {self.previous}"] if keep else []
        actions.append(self._action(before))
        if not self.check_mode:
            self._install(after, keep)
        return self._result(before, after, actions)

    def _action(self, before: Content | None) -> str:
        return f"{'replace' if before else 'install'} {self.dest} from {self.source}"

    # -- what there is

    def _check_place(self) -> None:
        folder = os.path.dirname(self.dest)
        if not self.dest.startswith("/") or not os.path.isdir(folder) or os.path.isdir(self.dest):
            raise BadValue("dest", self.dest, "give the path of a file, in a directory that exists.")
        if not _boot_host.on_root(self.dest):
            raise BadValue(
                "dest", self.dest, "this is not on the root file system, and the boot loader reads no other one."
            )
        if os.path.realpath(self.dest) == os.path.realpath(NATIVE_KERNEL):
            raise BadValue(
                "dest",
                self.dest,
                "this is the kernel that boots without Xen, and the way back in when Xen does not boot. Give the file "
                "another name.",
                error_id="native_kernel",
            )

    def _current(self) -> Content | None:
        if not os.path.exists(self.dest):
            return None
        return Content(_boot_source.read(self.dest), self.dest)

    def _as_it_is(self, before: Content | None) -> Content:
        """What is there, when the task names no source for it."""
        if before is None:
            raise XenError(f"{self.dest} does not exist, and no source is given for it.", error_id="dest_missing")
        if self.checksum:
            before.require_sum(self.checksum)
        self._check_kind(before, "dest")
        return before

    def _is_settled(self, before: Content) -> bool:
        """Whether the file needs no look at its source: it has the checksum, or it is from afar and need not be new."""
        if before.boot is None or self.params["force"]:
            return False
        if self.checksum:
            return _checksum.of(before.data, self.checksum.algorithm) == self.checksum.value
        return _boot_source.local_path(self.source) is None

    def _only_predicted(self) -> bool:
        """Whether check mode can but say that the file would change: nothing is fetched in it, and a package that a
        task before would have installed is not there."""
        if not self.check_mode:
            return False
        if _boot_source.local_path(self.source) is None:
            return True
        if self.params["assume_source"] and not _boot_source.exists(self.source):
            self.warnings.append(f"{self.source} is not there yet, and taken for what an earlier task would bring.")
            return True
        return False

    def _wanted(self) -> Content:
        found = Content(_boot_source.read(self.source, self.fetch, self.checksum), self.source)
        if self.checksum:
            found.require_sum(self.checksum)
        return found

    def _check_replacement(self, before: Content | None, after: Content) -> None:
        self._check_kind(after, "src")
        if before and before.boot and before.boot.kind == NATIVE and after.require().kind != NATIVE:
            raise BadValue(
                "dest",
                self.dest,
                f"this is {_article(before.boot)}. Give the new file another name, and keep the way back in.",
                error_id="native_kernel",
            )

    def _check_kind(self, content: Content, option: str) -> None:
        boot = content.require()
        fitting = _FITTING.get(self.params["kind"])
        if fitting and boot.kind not in fitting:
            raise BadValue(
                option,
                content.name,
                f"this is {_article(boot)}, and no {self.params['kind'].replace('_', ' ')}.",
                error_id="wrong_kind",
            )

    def _shall_keep(self, before: Content | None) -> bool:
        """Whether the old content is worth keeping: it boots, and it has been booted, or nothing is kept yet."""
        if not self.params["keep_previous"] or before is None or before.boot is None:
            return False
        booted_at = time.time() - time.monotonic()
        return not os.path.exists(self.previous) or os.stat(self.dest).st_mtime < booted_at

    def _check_room(self, after: Content, keep: bool) -> None:
        """
        :raises XenError: the root file system has no room for the new file beside the old one.
        """
        system = os.statvfs(os.path.dirname(self.dest))
        free = system.f_bavail * system.f_frsize
        if keep and os.path.exists(self.previous):
            free += os.stat(self.previous).st_size
        needed = len(after.data) + _RESERVE
        if free < needed:
            raise XenError(
                f"{self.dest} needs {needed >> 10} KiB, and the root file system has {free >> 10} KiB free. Remove old "
                "kernels. Nothing was changed.",
                error_id="no_space",
            )

    # -- doing it

    def _install(self, after: Content, keep: bool) -> None:
        # the root file system is small, and what a killed task has left is as large as a kernel
        folder, name = os.path.split(self.dest)
        _temporary.sweep(folder, _atomicfile.stem_of(name))
        if keep:
            _keep(self.dest, self.previous)
        _atomicfile.write(self.dest, after.data)
        with open(self.dest, "rb") as stream:
            if stream.read() != after.data:
                raise XenError(f"{self.dest} is not what was written to it. Look at the disk.")

    def _result(self, before: Content | None, after: Content | None, actions: list[str]) -> dict[str, Any]:
        boot = after.boot if after else None
        kept = os.path.exists(self.previous) or any(action.startswith("keep ") for action in actions)
        return {
            "changed": bool(actions),
            "actions": actions,
            "diff": self._diff(before, after) if actions else [],
            "dest": self.dest,
            "kind": boot.kind if boot else None,
            "version": (boot.version or None) if boot else None,
            "checksum": f"sha256:{after.sha256}" if after else None,
            "bytes": len(after.data) if after else None,
            "previous": self.previous if kept else None,
            "warnings": self.warnings,
        }

    def _diff(self, before: Content | None, after: Content | None) -> list[dict[str, str]]:
        return [
            {
                "before_header": self.dest if before else "/dev/null",
                "after_header": self.dest,
                "before": before.lines() if before else "",
                "after": after.lines() if after else f"the content of {self.source}\n",
            }
        ]


def _keep(path: str, previous: str) -> None:
    """Give the old content its second name, at no moment without the first."""
    temporary = f"{previous}.new"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.link(path, temporary)
    try:
        os.rename(temporary, previous)
    except OSError:
        os.unlink(temporary)
        raise
    _atomicfile.sync_directory(os.path.dirname(previous))


def _article(boot: Boot) -> str:
    names = {
        HYPERVISOR: "a hypervisor",
        DOM0: "a dom0 kernel",
        NATIVE: "a kernel that boots without Xen",
        DOMU: "a kernel for guests",
    }
    name = names.get(boot.kind, "a kernel")
    return f"{name} ({boot.version})" if boot.version else name
