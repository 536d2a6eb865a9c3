# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_disk: image files and volumes, made, grown, left alone and removed, and what it refuses; also in xen_domain."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import properties, text
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.image_server import ImageServer

Prepare = Callable[[World], dict[str, Any]]
MIB = 1024 * 1024
TEMPLATE = b"boot" * 128 + bytes(MIB - 512)
PACKED = gzip.compress(TEMPLATE, mtime=0)
PACKED_SUM = hashlib.sha256(PACKED).hexdigest()


def lvm(world: World) -> FakeLvm:
    """Volume group vg0 with 15 extents of 4 MiB; its devices are below the host's ``lvm/dev``."""
    fake = FakeLvm(world.root / "lvm", {"vg0": 15})
    world.moves = {
        "storage._lvm.PROGRAM": str(fake.program),
        "storage._lvm.DEV": str(fake.dev),
        "storage._vnd.SYS_BLOCK": "/nowhere",
    }
    return fake


def _image(length: int | None = None, **parameters: Any) -> Prepare:
    """An image file, that is there already if it has a length."""

    def prepare(world: World) -> dict[str, Any]:
        world.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
        if length is not None:
            world.file("disks/new.img", bytes(length))
        return {"path": str(world.root / "disks" / "new.img"), **parameters}

    return prepare


def _volume(extents: int | None = None, **parameters: Any) -> Prepare:
    def prepare(world: World) -> dict[str, Any]:
        fake = lvm(world)
        if extents:
            fake.volume("vg0", "new", extents)
        return {"path": str(fake.dev / "vg0" / "new"), **parameters}

    return prepare


def _templated(prepare: Prepare, content: bytes = TEMPLATE, **parameters: Any) -> Prepare:
    """With a template; ``checksum`` true is its own."""

    def prepare_all(world: World) -> dict[str, Any]:
        task = {**prepare(world), "source": world.file("disks/template", content), **parameters}
        if task.get("checksum") is True:
            task["checksum"] = "sha256:" + hashlib.sha256(content).hexdigest()
        return task

    return prepare_all


def _of_web(live: bool, **parameters: Any) -> Prepare:
    """A disk of web, which runs or is only configured."""

    def prepare(world: World) -> dict[str, Any]:
        world.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
        content = text(world)
        if live:
            world.xen.add_domain(content)
        else:
            world.config("web", content)
        return {"path": str(world.root / "disks" / "web.img"), **parameters}

    return prepare


def _with_snapshot(world: World) -> dict[str, Any]:
    fake = lvm(world)
    fake.volume("vg0", "new", 2)
    fake.volume("vg0", "kept", 2, origin="new")
    return {"path": str(fake.dev / "vg0" / "new"), "state": "absent"}


def _no_group(world: World) -> dict[str, Any]:
    fake = lvm(world)
    return {"path": str(fake.dev / "vg9" / "new"), "size": "1M"}


def _linked(world: World) -> dict[str, Any]:
    (world.root / "disks" / "new.img").symlink_to(world.kernel)
    return _image(state="absent")(world)


def _from_server(prepare: Prepare, name: str = "template.gz", content: bytes = PACKED, **parameters: Any) -> Prepare:
    """With a template on a server."""

    def prepare_all(world: World) -> dict[str, Any]:
        task = prepare(world)
        server = ImageServer({"/template.gz": content, "/SHA256": f"{PACKED_SUM}  template.gz\n".encode()})
        world.ends.append(server.close)
        given = {
            key: value.replace("URL", server.url) if isinstance(value, str) else value
            for key, value in parameters.items()
        }
        return {**task, "source": f"{server.url}/{name}", "retries": 1, **given}

    return prepare_all


def _replaced(live: bool, **parameters: Any) -> Prepare:
    """The disk of web is made anew."""

    def prepare(world: World) -> dict[str, Any]:
        task = _of_web(live)(world)
        return {**task, "source": world.file("disks/template", TEMPLATE), "force": True, **parameters}

    return prepare


def _template_in_use(world: World) -> dict[str, Any]:
    task = _of_web(True)(world)
    return {"path": str(world.root / "disks" / "new.img"), "source": task["path"]}


def forced() -> list[Case]:
    """What is made each time."""
    return [
        Case("an image made anew", _templated(_image(2 * MIB), force=True), changes=True, always_changes=True),
        Case("an image made anew, larger", _templated(_image(MIB), force=True, size="3M"), always_changes=True),
        Case("a volume made anew", _templated(_volume(2), force=True), changes=True, always_changes=True),
        Case("a configured disk made anew", _replaced(False), changes=True, always_changes=True),
    ]


def cases() -> list[Case]:
    return [
        *forced(),
        Case("an image from a server", _from_server(_image(), sparse=True), changes=True),
        Case("an image of a sum in a list", _from_server(_image(), checksum="sha256:URL/SHA256"), changes=True),
        Case(
            "a volume from a server", _from_server(_volume(), size="4M", checksum=f"sha256:{PACKED_SUM}"), changes=True
        ),
        Case("an image that is there is not fetched", _from_server(_image(MIB), "nothing"), changes=False),
        Case("error: not on the server", _from_server(_image(), "nothing"), error="source_unreachable"),
        Case("error: no server", _image(source="http://127.0.0.1:9/x", retries=1), error="source_unreachable"),
        Case(
            "error: another sum on the server",
            _from_server(_image(), checksum="0" * 64),
            error="wrong_checksum",
            fails_late=True,
        ),
        Case(
            "error: another sum for a volume",
            _from_server(_volume(), size="4M", checksum="0" * 64),
            error="wrong_checksum",
            fails_late=True,
        ),
        Case("error: packed, and no size for a volume", _from_server(_volume()), error="bad_value"),
        Case("error: no sum in the list", _from_server(_image(), checksum="md5:URL/SHA256"), error="checksum_missing"),
        Case("error: web runs with what is made anew", _replaced(True), error="disk_in_use"),
        Case("error: made anew, and smaller", _templated(_image(2 * MIB), force=True, size="1M"), error="would_shrink"),
        Case("error: made anew of nothing", _image(MIB, force=True), error="bad_value"),
        Case("error: web writes to the template", _template_in_use, error="source_in_use"),
        Case("a full image", _image(size="2M"), changes=True),
        Case("a sparse image", _image(size="64M", sparse=True, mode="0640", owner="root"), changes=True),
        Case("an image that grows", _image(MIB, size="2M"), changes=True),
        Case("an image as it is", _image(MIB, size="1M", mode="0644"), changes=False),
        Case("an image with another mode", _image(MIB, mode="0600"), changes=True),
        Case("an image of a template", _templated(_image(), size="2M", checksum=True), changes=True),
        Case("an image of a packed one", _templated(_image(), gzip.compress(TEMPLATE), sparse=True), changes=True),
        Case("an image that is there is not made again", _templated(_image(MIB)), changes=False),
        Case("an image that goes", _image(MIB, state="absent"), changes=True),
        Case("an image that is gone", _image(state="absent"), changes=False),
        Case("a disk of web grows", _of_web(True, size="1M"), changes=True),
        Case("a volume", _volume(size="5M"), changes=True),
        Case("a volume that grows", _volume(2, size="9M"), changes=True),
        Case("a volume as it is", _volume(2, size="5M"), changes=False),
        Case("a volume of a template", _templated(_volume(), size="4M"), changes=True),
        Case("a volume that goes", _volume(2, state="absent"), changes=True),
        Case("error: it would shrink", _image(2 * MIB, size="1M"), error="would_shrink"),
        Case("error: no size", _image(), error="disk_missing"),
        Case("error: a size without a unit", _image(size="10"), error="bad_value"),
        Case("error: a partition", lambda world: {"path": "/dev/wd0e", "size": "1G"}, error="bad_value"),
        Case("error: no such group", _no_group, error="no_volume_group"),
        Case("error: a group that is full", _volume(size="1G"), error="no_space"),
        Case("error: another checksum", _templated(_image(), checksum="sha256:" + "0" * 64), error="wrong_checksum"),
        Case("error: a qcow2 template", _templated(_image(), b"QFI\xfb" + bytes(508)), error="source_format"),
        Case("error: web runs with it", _of_web(True, state="absent"), error="disk_in_use"),
        Case("error: web would run with it", _of_web(False, state="absent"), error="disk_in_use"),
        Case("error: it has snapshots", _with_snapshot, error="disk_in_use"),
        Case("error: a link", _linked, error="bad_value"),
    ]


def _domain(state: str, live: bool = False, volume: bool = False, **disk: Any) -> Prepare:
    """A task on web, whose disk has a size in it. When live, it runs with a disk of 512 bytes."""

    def prepare(world: World) -> dict[str, Any]:
        if volume:
            target = str(lvm(world).dev / "vg0" / "web")
        else:
            world.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
            target = str(world.root / "disks" / ("web.img" if live else "new.img"))
        task = properties(world)
        if live:
            content = text(world)
            world.config("web", content)
            world.xen.add_domain(content)
        return {"name": "web", "state": state, **task, "disks": [{"target": target, "vdev": "xvda", **disk}]}

    return prepare


def _saved(world: World) -> dict[str, Any]:
    task = _domain("present", live=True, size="2M")(world)
    world.save("web")
    return task


def cases_of_domains() -> list[Case]:
    return [
        Case("a disk to be made", _domain("running", size="1M"), changes=True, after="running"),
        Case("a disk to be made for later", _domain("present", size="1M", sparse=True), changes=True, after="gone"),
        Case("a volume to be made", _domain("running", volume=True, size="5M"), changes=True, after="running"),
        Case("a disk that grows under it", _domain("running", live=True, size="1M"), changes=True, after="running"),
        Case("a disk of its size", _domain("running", live=True, size="512B"), changes=False, after="running"),
        Case("a disk that does not grow while it is saved", _saved, changes=False),
        Case("a disk and apply=report", _report, changes=False),
        Case("error: a disk without room", _domain("running", volume=True, size="1G"), error="no_space"),
        Case("error: a size of a CD", _domain("running", size="1M", devtype="cdrom"), error="bad_value"),
        Case("error: sparse alone", _domain("running", sparse=True), error="bad_value"),
    ]


def _report(world: World) -> dict[str, Any]:
    return {**_domain("running", live=True, size="1M")(world), "apply": "report"}
