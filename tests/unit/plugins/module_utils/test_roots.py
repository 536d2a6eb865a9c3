# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roots of other systems: paths that stay inside, archives that are unpacked and that cannot get out."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import subprocess
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import Entry, RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _roottar


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "etc").mkdir(parents=True)
    return RootDir(str(folder))


def test_links_stay_inside(root):
    os.mkdir(f"{root.folder}/run")
    os.symlink("/run", f"{root.folder}/etc/absolute")
    os.symlink("../../../../run", f"{root.folder}/etc/climbing")
    os.symlink("absolute/file", f"{root.folder}/etc/chain")
    for path in ("/etc/absolute/file", "/etc/climbing/file", "/etc/chain", "run/./file", "/etc/../../run/file"):
        assert root.place(path) == f"{root.folder}/run/file"
    assert root.place("/etc/chain", follow=False) == f"{root.folder}/etc/chain"


def test_a_circle_is_an_error(root):
    os.symlink("b", f"{root.folder}/a")
    os.symlink("a", f"{root.folder}/b")
    with pytest.raises(XenError, match="leads in a circle"):
        root.read("/a")


def test_files_are_written_behind_the_guest_s_links_and_links_in_their_place(root):
    os.symlink("/run/resolv.conf", f"{root.folder}/etc/resolv.conf")
    root.put("/etc/resolv.conf", Entry(data=b"x", mode=0o600))
    assert root.entry("/etc/resolv.conf") == Entry(data=b"x", mode=0o600)
    assert root.entry("/run/resolv.conf") == Entry(data=b"x", mode=0o600)
    root.put("/etc/resolv.conf", Entry(link="other"))
    assert root.entry("/etc/resolv.conf", follow=False) == Entry(link="other")
    root.remove("/etc/resolv.conf")
    root.remove("/run")
    root.remove("/nothing")
    assert os.listdir(root.folder) == ["etc"]
    assert root.names("/etc") == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "..", ".", "", "link", "up"]), max_size=8))
def test_no_path_leads_out(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("root")
    (folder / "a").mkdir()
    (folder / "a" / "link").symlink_to("/b/../../..")
    (folder / "up").symlink_to("../../../../../etc")
    place = os.path.realpath(RootDir(str(folder)).place("/".join(names), follow=True))
    assert place == str(folder) or place.startswith(f"{folder}/")


def archive(path, members, compress=False):
    """A tar with these (name, type, what) members."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, kind, what in members:
            member = tarfile.TarInfo(name)
            member.type, member.mtime, member.mode = kind, 1000000000, 0o4755 if name.endswith("su") else 0o640
            member.uid, member.gid = os.getuid(), os.getgid()
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                member.linkname = what
            content = what.encode() if kind == tarfile.REGTYPE else b""
            member.size = len(content)
            member.mode = 0o751 if kind == tarfile.DIRTYPE else member.mode
            tar.addfile(member, io.BytesIO(content))
    path.write_bytes(gzip.compress(data.getvalue()) if compress else data.getvalue())
    return str(path)


@pytest.mark.parametrize("compress", [False, True])
def test_an_archive_is_unpacked_as_it_is(root, tmp_path, compress):
    members = [
        ("./", tarfile.DIRTYPE, ""),
        ("./usr/bin", tarfile.DIRTYPE, ""),
        ("./bin", tarfile.SYMTYPE, "usr/bin"),
        ("bin/su", tarfile.REGTYPE, "program"),
        ("usr/bin/again", tarfile.LNKTYPE, "usr/bin/su"),
        ("/etc/passwd", tarfile.REGTYPE, "first"),
        ("etc/passwd", tarfile.REGTYPE, "second"),
        ("run/fifo", tarfile.FIFOTYPE, ""),
    ]
    assert _roottar.unpack(archive(tmp_path / "root.tar", members, compress), root.folder) == 8
    status = os.stat(f"{root.folder}/usr/bin/su")
    assert (stat.S_IMODE(status.st_mode), status.st_mtime, status.st_nlink) == (0o4755, 1000000000, 2)
    assert (root.read("/bin/again"), root.read("/etc/passwd")) == (b"program", b"second")
    assert stat.S_ISFIFO(os.stat(f"{root.folder}/run/fifo").st_mode)
    folder = os.stat(f"{root.folder}/usr/bin")
    assert (stat.S_IMODE(folder.st_mode), folder.st_mtime) == (0o751, 1000000000)


def test_an_archive_cannot_get_out(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    members = [("way", tarfile.SYMTYPE, str(outside)), ("way/file", tarfile.REGTYPE, "x")]
    _roottar.unpack(archive(tmp_path / "a.tar", members), root.folder)
    assert os.listdir(outside) == []
    assert root.read(f"{outside}/file") == b"x"
    with pytest.raises(BadValue, match="leads out of its root"):
        _roottar.unpack(archive(tmp_path / "b.tar", [("a/../../x", tarfile.REGTYPE, "x")]), root.folder)


@pytest.mark.parametrize("cut", [200, 700])
def test_a_damaged_archive(root, tmp_path, cut):
    whole = archive(tmp_path / "root.tar", [("file", tarfile.REGTYPE, os.urandom(900).hex())], compress=True)
    with open(whole, "r+b") as stream:
        stream.truncate(cut)
    with pytest.raises(XenError, match="no tar archive, or damaged|is damaged") as caught:
        _roottar.unpack(whole, root.folder)
    assert caught.value.details["error_id"] == "source_damaged"


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the program zstd is not installed")
def test_an_archive_of_zstd_with_much_padding(root, tmp_path):
    whole = archive(tmp_path / "root.tar", [("file", tarfile.REGTYPE, "x")])
    with open(whole, "ab") as stream:
        stream.write(bytes(4 * 1024 * 1024))
    subprocess.run(["zstd", "-q", "--rm", whole], check=True)
    assert _roottar.unpack(f"{whole}.zst", root.folder) == 1
    assert root.read("/file") == b"x"


def test_what_is_no_archive(root, tmp_path):
    (tmp_path / "text").write_text("no archive" * 100)
    with pytest.raises(XenError, match="no tar archive"):
        _roottar.unpack(str(tmp_path / "text"), root.folder)
