# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carry out the steps of ``_snapshot_plan``. A guest that was paused runs again when a step fails."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_apply, _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import _snapshot_plan, _snapshot_store
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image, _image_copy, _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_TOOLSTACK = ("pause", "unpause", "wake", "save_memory", "destroy", "create", "restore")
_LET_GO_SECONDS = 30.0
_POLL_SECONDS = 0.5


class Applier:
    """
    :ivar digests: checksums of the copies that were made, by vdev.
    :ivar folders: those that had to be made first, the innermost first.
    """

    def __init__(self, toolstack: Any, lvm: _lvm.Lvm, steps: list[Step]) -> None:
        self.toolstack, self.lvm, self.steps = toolstack, lvm, steps
        self.done: list[Step] = []
        self.digests: dict[str, str] = {}
        self.folders: list[str] = []

    def run(self) -> None:
        """Do everything.

        :raises XenError: a step failed; ``details`` say what was done and what was taken back.
        """
        for step in self.steps:
            try:
                self._do(step)
            except XenError as error:
                undone = self._take_back(step)
                error.details.update(actions_done=[done.text for done in self.done], taken_back=undone)
                raise
            self.done.append(step)

    def _do(self, step: Step) -> None:
        try:
            if step.kind == "destroy":
                self._destroy(step)
            elif step.kind in _TOOLSTACK:
                self.toolstack.run(step.command)
            elif step.kind == _disk_plan.COMMAND:
                self._lvm_command(step)
            else:
                getattr(self, f"_{step.kind}")(step.data)
        except OSError as error:
            raise XenError(f"Failed to {step.text}: {error.strerror}.", error_id="os_error") from error

    def _lvm_command(self, step: Step) -> None:
        if step.data == "if there" and self._is_gone(step.command[-1]):
            return
        if step.command[1] == "lvconvert":
            # LVM puts off the merging of an origin that somebody has open, and says it is done
            group, _slash, name = step.command[-1].partition("/")
            snapshot = self.lvm.volume(group, name)
            origin = snapshot.origin if snapshot else name
            self._wait(lambda: self._is_closed(group, origin), f"{_lvm.path(group, origin)} is still in use")
        _disk_apply.do(step, self.lvm)

    def _destroy(self, step: Step) -> None:
        """Until the domain is gone: its back ends let go of the disks a little later."""
        name = step.command[-1]
        try:
            self.toolstack.run(step.command)
        except CommandError:
            # the guest's own xl may take it down at the same moment; then this one complains
            if any(row.name == name and row.state != _listing.DYING for row in self.toolstack.listing()):
                raise
        self._wait(lambda: all(row.name != name for row in self.toolstack.listing()), f"{name} is still there")

    def _wait(self, is_so: Callable[[], bool], message: str) -> None:
        deadline = time.monotonic() + _LET_GO_SECONDS
        while not is_so():
            if time.monotonic() >= deadline:
                raise TimedOut(f"{message} after {_LET_GO_SECONDS:g} s.")
            time.sleep(_POLL_SECONDS)

    def _is_closed(self, group: str, name: str) -> bool:
        self.lvm.forget()
        volume = self.lvm.volume(group, name)
        return volume is None or not volume.is_open

    def _is_gone(self, path: str) -> bool:
        group, _slash, name = path.partition("/")
        return self.lvm.volume(group, name) is None

    # Taking a snapshot

    def _begin(self, data: tuple[str, _snapshot_store.Manifest]) -> None:
        folder, manifest = data
        missing = os.path.dirname(folder)
        while not os.path.isdir(missing):
            self.folders.append(missing)
            missing = os.path.dirname(missing)
        for path in [*reversed(self.folders), folder]:
            os.mkdir(path, 0o700)
        try:
            _snapshot_store.write(folder, manifest)
        except OSError:
            os.rmdir(folder)
            raise

    def _copy_disk(self, data: dict[str, Any]) -> None:
        digest = hashlib.sha256()
        with _image.replacing(data["target"], _image.Owner()) as target:
            _copy(data["source"], _image_copy.Sink(target, blank=True), data["size"], digest)
            os.ftruncate(target, data["size"])
        self.digests[data["vdev"]] = digest.hexdigest()

    def _finish(self, data: tuple[str, str]) -> None:
        partial, final = data
        manifest = _snapshot_store.read(partial)
        if not manifest:
            raise AssertionError("unreachable")
        disks = tuple(disk._replace(sha256=self.digests.get(disk.vdev)) for disk in manifest.disks)
        taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        _snapshot_store.write(partial, manifest._replace(disks=disks, taken=taken, paused=False))
        self._hide((partial, final))

    # Removing one

    def _hide(self, data: tuple[str, str]) -> None:
        os.rename(*data)
        _atomicfile.sync_directory(os.path.dirname(data[1]))

    def _discard(self, folder: str) -> None:
        """The manifest goes last: it says what else there was."""
        for name in os.listdir(folder):
            if name != _snapshot_store.MANIFEST:
                os.unlink(os.path.join(folder, name))
        shutil.rmtree(folder)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(folder))  # that of the domain, when it was the last one

    # Going back to one

    def _mark(self, data: tuple[str, str]) -> None:
        folder, state = data
        path = os.path.join(folder, _snapshot_store.REVERTING)
        _atomicfile.replace(path, state.encode("ascii"), new_mode=_atomicfile.PRIVATE)

    def _unmark(self, folder: str) -> None:
        os.unlink(os.path.join(folder, _snapshot_store.REVERTING))

    def _keep(self, data: tuple[str, str]) -> None:
        path, kept = data
        # one that a killed task has kept is the older one, and so the one to keep
        with contextlib.suppress(FileExistsError):
            os.link(path, kept)

    def _put_back(self, data: dict[str, Any]) -> None:
        before = os.stat(data["target"])
        owner = _image.Owner(before.st_mode & 0o7777, before.st_uid, before.st_gid)
        with _image.replacing(data["target"], owner, over=True) as target:
            _copy(data["source"], _image_copy.Sink(target, blank=True), data["size"])
            os.ftruncate(target, data["size"])

    def _write_back(self, data: dict[str, Any]) -> None:
        """A volume is written in place, as far as it differs."""
        target = _image_copy.open_disk(data["target"], os.O_RDWR)
        try:
            _copy(data["source"], _image_copy.Sink(target, blank=False), data["size"])
            os.fsync(target)
        finally:
            os.close(target)

    def _forget(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    # When a step fails

    def _take_back(self, failed: Step) -> list[str]:
        """Let the guest run, throw away half a snapshot, put the images back that had been changed."""
        undone: list[str] = []
        kinds = [step.kind for step in self.done]
        if self._must_unpause(kinds, failed):
            self._undo(next(step for step in self.steps if step.kind == "unpause"), undone)
        began = next((step for step in self.done if step.kind == _snapshot_plan.BEGIN), None)
        if began and _snapshot_plan.FINISH not in kinds:
            folder, manifest = began.data
            for step in _snapshot_plan.removal(folder, manifest, f"remove {folder}"):
                self._undo(step, undone)
            with contextlib.suppress(OSError):
                for path in self.folders[1:]:
                    os.rmdir(path)
        merged = any(step.command[1:2] == ("lvconvert",) for step in self.done)
        if _snapshot_plan.MARK in kinds and not merged and _snapshot_plan.FORGET not in kinds:
            self._put_images_back(undone)
        return undone

    def _must_unpause(self, kinds: list[str], failed: Step) -> bool:
        planned = [step.kind for step in self.steps]
        if "unpause" not in planned or "unpause" in kinds:
            return False
        # a pause of ours, or one of a task before this one that was killed
        return "pause" in kinds or "save_memory" in kinds or not {"pause", "save_memory"} & set(planned)

    def _put_images_back(self, undone: list[str]) -> None:
        complete = True
        for step in self.done:
            if step.kind == _snapshot_plan.KEEP:
                path, kept = step.data
                complete = (
                    self._undo(Step(_snapshot_plan.HIDE, f"rename {kept} to {path}", data=(kept, path)), undone)
                    and complete
                )
        again = [
            step for step in self.steps if step.kind == "create" and "destroy" in [done.kind for done in self.done]
        ]
        unmark = [step for step in self.steps if step.kind == _snapshot_plan.UNMARK]
        for step in again + unmark:
            complete = complete and self._undo(step, undone)

    def _undo(self, step: Step, undone: list[str]) -> bool:
        try:
            self._do(step)
        except XenError as error:
            undone.append(f"but {step.text} failed: {error.message}")
            return False
        undone.append(step.text)
        return True


def _copy(source: str, sink: _image_copy.Sink, size: int, digest: Any = None) -> None:
    handle = _image_copy.open_disk(source, os.O_RDONLY)
    try:
        _image_copy.copy(handle, sink, size, digest)
    finally:
        os.close(handle)
