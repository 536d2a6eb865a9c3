# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies: what they say, what they take, and how little they write."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_copy

KIB = 1024
MIB = 1024 * KIB
# (where, how much): what a guest has written here and there
RANGES = st.lists(
    st.tuples(st.integers(0, 40).map(lambda blocks: blocks * 64 * KIB), st.integers(1, 200 * KIB)), max_size=6
)


def image(path, ranges, size, fill=b"\xa5"):
    with open(path, "wb") as stream:
        for offset, length in ranges:
            stream.seek(offset)
            stream.write(fill * min(length, max(0, size - offset)))
        stream.truncate(size)
    return path


def copied(source, target, size, blank):
    with open(source, "rb") as reading, open(target, "r+b" if os.path.exists(target) else "w+b") as writing:
        _image_copy.copy(reading.fileno(), _image_copy.Sink(writing.fileno(), blank), size)
        if blank:
            writing.truncate(size)
    return target.read_bytes()


@given(ranges=RANGES, old=RANGES, size=st.integers(1, 3 * MIB))
def test_a_copy_is_equal(tmp_path_factory, ranges, old, size):
    folder = tmp_path_factory.mktemp("copy")
    source = image(folder / "source", ranges, size)
    assert copied(source, folder / "new", size, blank=True) == source.read_bytes()
    volume = image(folder / "volume", old, 4 * MIB, fill=b"\x5a")
    behind = volume.read_bytes()[size:]
    assert copied(source, volume, size, blank=False) == source.read_bytes() + behind


@pytest.mark.parametrize("tells", [True, False])
def test_holes_stay_holes(tmp_path, monkeypatch, tells):
    """Where the system tells where data is, and where only looking at the data does."""
    if not tells:
        monkeypatch.delattr(os, "SEEK_DATA")
    source = image(tmp_path / "source", [(20 * MIB, 1000)], 64 * MIB)
    copied(source, tmp_path / "copy", 64 * MIB, blank=True)
    assert (tmp_path / "copy").stat().st_blocks * 512 <= 128 * KIB


def test_a_hole_that_goes_beyond_what_is_copied(tmp_path):
    source = image(tmp_path / "source", [(2 * MIB, 5)], 3 * MIB)
    volume = image(tmp_path / "volume", [(0, 3 * MIB)], 3 * MIB)
    assert copied(source, volume, MIB, blank=False) == bytes(MIB) + b"\xa5" * 2 * MIB


def test_the_digest_of_a_copy(tmp_path):
    path = image(tmp_path / "source", [(MIB, 70 * KIB), (2 * MIB, 5)], 3 * MIB)
    digest = hashlib.sha256()
    with open(path, "rb") as reading, open(tmp_path / "copy", "w+b") as writing:
        _image_copy.copy(reading.fileno(), _image_copy.Sink(writing.fileno(), True), 3 * MIB - 512, digest)
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()[:-512]).hexdigest()


@pytest.mark.parametrize("change, equal", [(None, True), (0, False), (2 * MIB - 1, False)])
def test_comparing(tmp_path, change, equal):
    for name in ("one", "other"):
        image(tmp_path / name, [(MIB, 5)], 2 * MIB)
    if change is not None:
        with open(tmp_path / "other", "r+b") as stream:
            stream.seek(change)
            stream.write(b"!")
    assert _image_copy.same(str(tmp_path / "one"), str(tmp_path / "other"), 2 * MIB) == equal
    assert not _image_copy.same(str(tmp_path / "one"), str(tmp_path / "one"), 2 * MIB + 512)


def test_what_is_the_same_is_not_written(tmp_path, monkeypatch):
    source = image(tmp_path / "source", [(0, 300 * KIB), (MIB, 10)], 2 * MIB)
    copied(source, tmp_path / "volume", 2 * MIB, blank=True)
    with open(tmp_path / "volume", "r+b") as stream:
        stream.seek(MIB)
        stream.write(b"other")
    written = []
    write = os.pwrite
    monkeypatch.setattr(
        os, "pwrite", lambda handle, data, at: written.append((at, len(data))) or write(handle, data, at)
    )
    assert copied(source, tmp_path / "volume", 2 * MIB, blank=False) == source.read_bytes()
    assert [at for at, _length in written] == [MIB]


def test_a_source_that_becomes_shorter(tmp_path, monkeypatch):
    source = image(tmp_path / "source", [(0, MIB)], MIB)
    monkeypatch.setattr(_image_copy, "extents", lambda _handle, size: [(0, size)])
    with pytest.raises(XenError, match="became shorter"):
        copied(source, tmp_path / "copy", 2 * MIB, blank=True)


def test_checksums_count_holes_as_zeros(tmp_path):
    path = image(tmp_path / "sparse", [(2 * MIB, 5)], 3 * MIB)
    whole = path.read_bytes()
    assert _image_copy.checksum(str(path), "sha256") == hashlib.sha256(whole).hexdigest()
    assert _image_copy.checksum(str(path), "sha256", MIB) == hashlib.sha256(whole[:MIB]).hexdigest()
