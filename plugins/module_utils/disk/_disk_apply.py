# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carry out the steps of ``_disk_plan``: the only code that makes, grows or removes disks."""

from __future__ import annotations

import contextlib
import os
from typing import IO, Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.storage import (
    _disk_size,
    _image,
    _image_copy,
    _image_stream,
    _lvm,
)


def run(steps: list[Step], lvm: _lvm.Lvm) -> None:
    """Do the steps in order.

    :raises XenError: one failed; ``actions_done`` says what came before it.
    """
    for index, step in enumerate(steps):
        try:
            do(step, lvm)
        except XenError as error:
            error.details["actions_done"] = [done.text for done in steps[:index]]
            raise


def do(step: Step, lvm: _lvm.Lvm) -> None:
    """Do one step.

    :raises XenError: it failed; no half-made disk is left under the name that was asked for.
    """
    try:
        if step.kind == _disk_plan.COMMAND:
            lvm.run(step.command)
        else:
            _DO[step.kind](**step.data) if isinstance(step.data, dict) else _DO[step.kind](step.data)
    except OSError as error:
        raise XenError(f"Failed to {step.text}: {error.strerror}.", error_id="os_error") from error
    finally:
        lvm.forget()


def _create(
    path: str, size: int | None, sparse: bool, owner: _image.Owner, source: _disk_plan.Source | None, over: bool
) -> None:
    _image.create(path, size, sparse, owner, None if source is None else _filler(source, size), over)


def _filler(source: _disk_plan.Source, limit: int | None) -> Callable[[_image_copy.Sink], int]:
    """What copies the source into a sink, and returns how many bytes that were."""

    def fill(sink: _image_copy.Sink) -> int:
        if source.remote:
            return source.remote.receive(lambda packed: _unpack(packed, source, sink, limit), source.digest)
        if source.size is None:
            with open(source.path, "rb") as packed:
                return _unpack(packed, source, sink, limit)
        handle = _image_copy.open_disk(source.path, os.O_RDONLY)
        try:
            _image_copy.copy(handle, sink, source.size)
        finally:
            os.close(handle)
        return source.size

    return fill


def _unpack(packed: IO[bytes], source: _disk_plan.Source, sink: _image_copy.Sink, limit: int | None) -> int:
    """Also what is on a server and not packed: it comes as a stream. A second try begins where the first one did."""
    sink.restart()
    with _image_stream.unpacked(packed, source.compression) as stream:
        size = _image_copy.copy_stream(stream, sink, limit)
    if size % _disk_size.SECTOR:
        raise XenError(
            f"What is in {source.path} is not a whole number of sectors of {_disk_size.SECTOR} bytes: no disk image.",
            error_id="source_format",
        )
    return size


def _fill_new_volume(path: str, size: int, source: _disk_plan.Source) -> None:
    """Fill a volume that was made for it, which goes again when that fails."""
    try:
        fill_volume(path, size, source)
    except BaseException:
        names = _lvm.split_path(path)
        if names:
            with contextlib.suppress(XenError):
                _lvm.Lvm().run(_lvm.Commands.remove(*names))
        raise


def fill_volume(path: str, size: int, source: _disk_plan.Source) -> None:
    """Copy into a volume of at least ``size`` bytes; what is left of those is zeroed."""
    handle = _image_copy.open_disk(path, os.O_RDWR)
    try:
        sink = _image_copy.Sink(handle, blank=False)
        sink.zero(_filler(source, size)(sink), size)
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    os.unlink(path)
    _atomicfile.sync_directory(os.path.dirname(path))


_DO: dict[str, Callable[..., Any]] = {
    _disk_plan.CREATE: _create,
    _disk_plan.GROW: _image.grow,
    _disk_plan.FILL: _fill_new_volume,
    _disk_plan.OWNER: _image.set_owner,
    _disk_plan.REMOVE: _remove,
}
KINDS = (_disk_plan.COMMAND, *_DO)
