# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""boot_file on a directory that stands for the root file system."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_file, _boot_host, _boot_image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_file import BootFileTask
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import previous_name
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._remote import Unreachable

ELF = b"\x7fELF" + bytes(60)
MULTIBOOT1 = struct.pack("<III", 0x1BADB002, 3, -(0x1BADB002 + 3) & 0xFFFFFFFF)
MULTIBOOT2 = struct.pack("<IIII", 0xE85250D6, 0, 24, -(0xE85250D6 + 24) & 0xFFFFFFFF)
XEN = ELF + MULTIBOOT1 + bytes(4) + MULTIBOOT2
URL = "https://server/netbsd-XEN3_DOM0.gz"


def kernel(config, release="10.1"):
    return ELF + f"@(#)NetBSD {release} ({config}) #0: Mon Dec 16 13:08:11 UTC 2024".encode()


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(_boot_host, "on_root", lambda path: "/usr/" not in path)
    monkeypatch.setattr(_boot_file, "NATIVE_KERNEL", str(tmp_path / "netbsd"))
    (tmp_path / "netbsd").write_bytes(kernel("GENERIC"))
    (tmp_path / "source.gz").write_bytes(gzip.compress(kernel("XEN3_DOM0")))
    return tmp_path


def task(root, dest="netbsd-XEN3_DOM0.gz", src="source.gz", check=False, fetched=None, **more):
    params = {
        "dest": str(root / dest),
        "src": src if src is None or ":" in src else str(root / src),
        "kind": "any",
        "checksum": None,
        "keep_previous": False,
        "force": False,
        "assume_source": False,
        "validate_certs": True,
        **more,
    }

    def fetch(url, expected):
        if fetched is None:
            raise Unreachable(f"{url} cannot be had: no network.")
        return fetched

    return BootFileTask(params, check, fetch).run()


def refused(error_id, *arguments, **more):
    with pytest.raises(XenError) as caught:
        task(*arguments, **more)
    assert caught.value.details["error_id"] == error_id
    return caught.value.message


def test_install_and_again(root):
    first = task(root, kind="dom0_kernel")
    assert first["changed"]
    assert (first["kind"], first["version"]) == ("dom0", "NetBSD 10.1 (XEN3_DOM0)")
    assert first["checksum"] == "sha256:" + hashlib.sha256((root / "source.gz").read_bytes()).hexdigest()
    assert (root / "netbsd-XEN3_DOM0.gz").read_bytes() == (root / "source.gz").read_bytes()
    assert oct(os.stat(root / "netbsd-XEN3_DOM0.gz").st_mode & 0o777) == "0o644"
    again = task(root, kind="dom0_kernel")
    assert (again["changed"], again["actions"], again["diff"]) == (False, [], [])


def test_check_mode_says_the_same_and_does_nothing(root):
    checked = task(root, check=True)
    assert not (root / "netbsd-XEN3_DOM0.gz").exists()
    done = task(root)
    assert {key: checked[key] for key in checked} == done


def test_a_file_url(root):
    assert task(root, src=f"file://{root}/source.gz")["changed"]


@pytest.mark.parametrize(
    "data, kind, error_id",
    [
        (b"<html>404</html>", "any", "not_bootable"),
        (gzip.compress(XEN, mtime=0)[:-9], "any", "not_bootable"),
        (gzip.compress(b"text", mtime=0), "any", "not_bootable"),
        (XEN, "dom0_kernel", "wrong_kind"),
        (kernel("GENERIC"), "dom0_kernel", "wrong_kind"),
        (kernel("XEN3_DOMU"), "dom0_kernel", "wrong_kind"),
        (kernel("XEN3_DOMU"), "kernel", "wrong_kind"),
        (kernel("XEN3_DOM0"), "hypervisor", "wrong_kind"),
    ],
)
def test_what_is_not_what_it_should_be(root, data, kind, error_id):
    (root / "bad").write_bytes(data)
    refused(error_id, root, src="bad", kind=kind)
    assert not (root / "netbsd-XEN3_DOM0.gz").exists()


@pytest.mark.parametrize(
    "data, kind",
    [(XEN, "hypervisor"), (kernel("XEN3PAE_DOM0"), "dom0_kernel"), (ELF, "dom0_kernel"), (kernel("GENERIC"), "kernel")],
)
def test_what_fits(root, data, kind):
    (root / "good").write_bytes(data)
    assert task(root, src="good", kind=kind)["changed"]


def test_a_gzip_file_of_several_members(root):
    config = kernel("XEN3_DOM0")
    (root / "source.gz").write_bytes(gzip.compress(config[:50]) + gzip.compress(config[50:]))
    assert task(root, kind="dom0_kernel")["version"] == "NetBSD 10.1 (XEN3_DOM0)"


def test_the_native_kernel_is_never_overwritten(root):
    refused("native_kernel", root, dest="netbsd")
    (root / "link").symlink_to(root / "netbsd")
    refused("native_kernel", root, dest="link")
    (root / "netbsd.old").write_bytes(kernel("GENERIC"))
    assert "boots without Xen" in refused("native_kernel", root, dest="netbsd.old")


def test_only_the_root_file_system(root):
    (root / "usr").mkdir()
    with pytest.raises(BadValue, match="root file system"):
        task(root, dest="usr/xen.gz")
    with pytest.raises(BadValue, match="directory that exists"):
        task(root, dest="nothere/xen.gz")


def test_checksum(root):
    good = hashlib.sha512((root / "source.gz").read_bytes()).hexdigest()
    assert f"sha512:{good}" in refused("wrong_checksum", root, checksum="sha512:" + "0" * 128)
    assert not (root / "netbsd-XEN3_DOM0.gz").exists()
    assert task(root, checksum=f"sha512:{good}")["changed"]
    # with the right checksum, the source is not even looked at
    os.unlink(root / "source.gz")
    assert not task(root, checksum=good.upper())["changed"]


@pytest.mark.parametrize("text", ["crc32:" + "0" * 8, "0" * 63, "sha256:" + "0" * 128, "sha512:" + "g" * 128])
def test_bad_checksums(root, text):
    refused("bad_value", root, checksum=text)


def test_a_missing_source(root):
    refused("source_missing", root, src="nothere")
    refused("source_missing", root, src="nothere", assume_source=True)
    checked = task(root, src="nothere", assume_source=True, check=True)
    assert checked["changed"] and checked["kind"] is None
    assert "not there yet" in checked["warnings"][0]
    refused("source_missing", root, src="nothere", check=True)


def test_without_a_source_the_file_must_be_there(root):
    refused("dest_missing", root, src=None)
    refused("dest_missing", root, src=None, check=True)
    task(root)
    assert task(root, src=None, kind="dom0_kernel")["version"] == "NetBSD 10.1 (XEN3_DOM0)"
    refused("wrong_kind", root, src=None, kind="hypervisor")


def test_a_url(root):
    new = kernel("XEN3_DOM0", "11.0")
    assert task(root, src=URL, check=True)["changed"]
    refused("source_unreachable", root, src=URL)
    assert task(root, src=URL, fetched=new)["changed"]
    # not fetched again
    assert not task(root, src=URL)["changed"]
    other = kernel("XEN3_DOM0", "11.1")
    assert task(root, src=URL, fetched=other, checksum=hashlib.sha256(other).hexdigest())["changed"]
    assert task(root, src=URL, fetched=new, force=True)["changed"]


def test_the_content_before_is_kept_once_it_has_been_booted(root):
    dest, previous = root / "netbsd-XEN3_DOM0.gz", root / "netbsd-XEN3_DOM0.old.gz"
    for number in (1, 2, 3):
        (root / "source.gz").write_bytes(gzip.compress(kernel("XEN3_DOM0", f"10.{number}"), mtime=0))
        result = task(root, keep_previous=True)
    # 2 was never booted (it is newer than the machine's start), so 1 stays
    assert gzip.decompress(previous.read_bytes()) == kernel("XEN3_DOM0", "10.1")
    assert result["previous"] == str(previous)
    os.utime(dest, (1, 1))
    (root / "source.gz").write_bytes(gzip.compress(kernel("XEN3_DOM0", "10.4"), mtime=0))
    actions = task(root, keep_previous=True, check=True)["actions"]
    assert task(root, keep_previous=True)["actions"] == actions
    assert actions[0] == f"keep {dest} as {previous}"
    assert gzip.decompress(previous.read_bytes()) == kernel("XEN3_DOM0", "10.3")


def test_what_does_not_boot_is_not_kept(root):
    (root / "netbsd-XEN3_DOM0.gz").write_bytes(b"half")
    assert task(root, keep_previous=True)["previous"] is None


def test_what_a_killed_run_has_left_is_removed(root):
    gone = subprocess.Popen(["true"])
    gone.wait()
    (root / f".netbsd-XEN3_DOM0.gz.{gone.pid}.abcd_123").write_bytes(b"half")
    (root / f".netbsd-XEN3_DOM0.gz.{os.getpid()}.abcd_123").write_bytes(b"in the making")
    (root / ".netbsd-XEN3_DOM0.gz.mine").write_bytes(b"somebody's")
    (root / "netbsd-XEN3_DOM0.old.gz.new").write_bytes(b"half")
    task(root)
    (root / "source.gz").write_bytes(kernel("XEN3_DOM0", "10.2"))
    task(root, keep_previous=True)
    left = sorted(os.listdir(root))
    assert left == [
        f".netbsd-XEN3_DOM0.gz.{os.getpid()}.abcd_123",
        ".netbsd-XEN3_DOM0.gz.mine",
        "netbsd",
        "netbsd-XEN3_DOM0.gz",
        "netbsd-XEN3_DOM0.old.gz",
        "source.gz",
    ]


def test_no_space(root, monkeypatch):
    task(root)
    (root / "source.gz").write_bytes(kernel("XEN3_DOM0", "10.2"))
    full = os.statvfs(root)
    monkeypatch.setattr(_boot_file.os, "statvfs", lambda path: type("Full", (), {"f_bavail": 1, "f_frsize": 512}))
    assert full.f_frsize
    assert "Nothing was changed" in refused("no_space", root)
    assert refused("no_space", root, check=True)


@pytest.mark.parametrize(
    "path, previous",
    [("/xen420.gz", "/xen420.old.gz"), ("/netbsd.dom0", "/netbsd.dom0.old"), ("/XEN3", "/XEN3.old")],
)
def test_previous_name(path, previous):
    assert previous_name(path) == previous


def test_multiboot2(root):
    for name, data, answer in [
        ("new", XEN, True),
        ("new.gz", gzip.compress(XEN, mtime=0), True),
        ("old", ELF + MULTIBOOT1, False),
        ("unaligned", ELF + MULTIBOOT1 + MULTIBOOT2, False),
        ("late", ELF + bytes(32768) + MULTIBOOT2, False),
    ]:
        (root / name).write_bytes(data)
        assert _boot_image.has_multiboot2(str(root / name)) is answer, name
    assert _boot_image.has_multiboot2(str(root / "nothere")) is None
