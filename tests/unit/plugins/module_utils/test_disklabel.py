# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disklabel as a text for disklabel(8), as it is on the disk, and what else may be there."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disklabel

MIB = 1024 * 1024
FACE = Path(__file__).parents[3] / "lab" / "files" / "netbsd" / "rootfs" / "lab" / "lib" / "label.py"


@pytest.fixture
def face():
    """What the lab has for disklabel(8): written from NetBSD's sources, not from this collection."""
    spec = importlib.util.spec_from_file_location("label", FACE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_swap_is_behind_the_root():
    assert _disklabel.layout(64 * MIB, 0) == (131072, 131072, 0)
    assert _disklabel.layout(64 * MIB + 512, 15 * MIB + 1) == (131073, 98304, 32768)


@pytest.mark.parametrize(("size", "swap"), [(4 * MIB, 0), (64 * MIB, 60 * MIB), (3 * 1024**4, 0)])
def test_what_does_not_fit_is_refused(size, swap):
    with pytest.raises(BadValue):
        _disklabel.layout(size, swap)


def test_the_text_is_what_disklabel_prints():
    text = _disklabel.proto(_disklabel.layout(64 * MIB, 16 * MIB), "xen-0123456789a")
    assert text.splitlines()[:4] == ["type: unknown", "disk: xbd", "label: xen-0123456789a", "flags:"]
    assert text.splitlines()[-5:] == [
        "#        size    offset     fstype [fsize bsize cpg/sgs]",
        " a:     98304         0     4.2BSD      0     0     0",
        " b:     32768     98304       swap",
        " c:    131072         0     unused      0     0     0",
        " d:    131072         0     unused      0     0     0",
    ]


def test_what_disklabel_makes_of_it_is_read_back(face, tmp_path, capsys):
    disk, proto = tmp_path / "disk", tmp_path / "proto"
    disk.write_bytes(bytes(64 * MIB))
    proto.write_text(_disklabel.proto(_disklabel.layout(64 * MIB, 16 * MIB), "xen-0123456789a"))
    assert _disklabel.name_of(disk.read_bytes()[: _disklabel.LOOK]) is None
    face.write(str(disk), str(proto))
    head = disk.read_bytes()[: _disklabel.LOOK]
    assert _disklabel.name_of(head) == "xen-0123456789a"
    assert _disklabel.content(head) == "a disklabel"
    # dkcksum(): all words together come to nothing
    total = 0
    for (word,) in struct.iter_unpack("<H", head[512 : 512 + 148 + 4 * 16]):
        total ^= word
    assert total == 0
    face.partition(str(disk), "b")
    assert capsys.readouterr().out == "32768 98304 swap\n"


@pytest.mark.parametrize(
    ("offset", "magic", "what"),
    [
        (65536 + 1372, b"\x19\x01\x54\x19", "an FFSv2 file system"),
        (8192 + 1372, b"\x54\x19\x01\x00", "an FFSv1 file system"),
        (1080, b"\x53\xef", "an ext2, ext3 or ext4 file system"),
        (510, b"\x55\xaa", "an MBR"),
        (100000, b"x", "data of unknown kind"),
        (0, b"", None),
    ],
)
def test_what_is_on_a_disk(offset, magic, what):
    head = bytearray(_disklabel.LOOK)
    head[offset : offset + len(magic)] = magic
    assert _disklabel.content(bytes(head)) == what
