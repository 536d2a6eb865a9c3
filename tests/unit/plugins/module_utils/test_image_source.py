# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where images come from: what packs them, servers and their ways to fail, checksums and the files that have them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import socket
import subprocess

import pytest
from ansible.module_utils.urls import open_url
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_apply, _disk_plan, _disk_source
from ansible_collections.netbsd.xen.plugins.module_utils.disk._disk_use import User
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _checksum, _remote
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image, _image_stream
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.image_server import ImageServer

MIB = 1024 * 1024
CONTENT = b"boot" * 1000 + bytes(3 * MIB - 4096) + b"end!" * 24
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def zstd(content):
    program = shutil.which("zstd")
    if not program and _image_stream._zstd() is None:
        pytest.skip("neither a program zstd nor a Python that can")
    if not program:
        return _image_stream._zstd().compress(content)
    return subprocess.run([program, "-qc"], input=content, stdout=subprocess.PIPE, check=True).stdout


PACKERS = [("gzip", gzip.compress), ("xz", lzma.compress), ("bzip2", bz2.compress), ("zstd", zstd), (None, bytes)]


@pytest.fixture(scope="module")
def server():
    started = ImageServer({"/image": CONTENT, "/odd": b"x" * 513, "/image.sha": f"{SHA256}  image\n".encode()})
    yield started
    started.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch, server):
    monkeypatch.setattr(_remote, "_PAUSE_SECONDS", 0.0)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    server.asked.clear()
    server._failed.clear()


def source_of(place, checksum=None, retries=2):
    access = {"timeout": 5, "validate_certs": True, "url_username": None, "url_password": None, "retries": retries}
    return _disk_source.source_of({"source": str(place), "checksum": checksum, **access}, open_url)


def made(folder, source, size=None):
    """The image that is made of it; nothing else may be left, also when it fails."""
    path = folder / "made.img"
    before = set(os.listdir(folder))
    try:
        _disk_apply._create(str(path), size, True, _image.Owner(), source, False)
    except XenError:
        assert set(os.listdir(folder)) == before
        raise
    assert set(os.listdir(folder)) == {*before, "made.img"}
    return path


@pytest.mark.parametrize("kind, pack", PACKERS, ids=[str(kind) for kind, _pack in PACKERS])
def test_templates_of_every_kind(tmp_path, server, kind, pack):
    packed = pack(CONTENT)
    (tmp_path / "template").write_bytes(packed)
    server.files["/template"] = packed
    digest = f"sha256:{hashlib.sha256(packed).hexdigest()}"
    for place in (tmp_path / "template", f"file://{tmp_path}/template", f"{server.url}/template"):
        source = source_of(place, digest)
        assert (source.compression, source.size) == (kind, None if kind else len(CONTENT))
        path = made(tmp_path, source)
        assert path.read_bytes() == CONTENT
        assert path.stat().st_blocks * 512 < MIB  # and its holes are holes
        path.unlink()
        if kind:
            with pytest.raises(XenError, match="more than the 4096 bytes"):
                made(tmp_path, source, 4096)


@pytest.mark.parametrize("kind, pack", PACKERS[:-1], ids=[str(kind) for kind, _pack in PACKERS[:-1]])
def test_damaged_templates(tmp_path, kind, pack):
    packed = pack(os.urandom(MIB))
    (tmp_path / "template").write_bytes(packed[: MIB // 2])
    with pytest.raises(XenError, match="The source is damaged") as caught:
        made(tmp_path, source_of(tmp_path / "template"))
    assert caught.value.details["error_id"] == "source_damaged"


@pytest.mark.parametrize("head, name", [(b"QFI\xfb\0\0\0\3", "qcow2"), (b"KDMV", "vmdk"), (b"vhdxfile", "vhdx")])
def test_formats_of_others(tmp_path, head, name):
    (tmp_path / "template").write_bytes(head + bytes(504))
    with pytest.raises(XenError, match=f"is a {name} image") as caught:
        source_of(tmp_path / "template")
    assert caught.value.details["error_id"] == "source_format"


def test_nothing_here_can_read_zstd(tmp_path, monkeypatch):
    (tmp_path / "template").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(508))
    monkeypatch.setattr(_image_stream, "_zstd", lambda: None)
    monkeypatch.setattr(_image_stream._host, "find_program", lambda _name: None)
    with pytest.raises(XenError, match="Install the package zstd"):
        source_of(tmp_path / "template")


@pytest.mark.parametrize(
    "header, size",
    [
        ("20 05", 5), ("60 0001", 512), ("a0 00001000", 1 << 20), ("e0 0000000000010000", 1 << 40),
        ("40 58 ff00", 511), ("80 58 00000002", 2 << 24), ("00 58", None), ("21 aa 07", 7), ("23 aaaaaaaa 09", 9),
    ],
)  # fmt: skip
def test_the_size_that_a_zstd_frame_says(header, size):
    """By hand from RFC 8878, 3.1.1.1: descriptor, window, dictionary, content size, little endian."""
    head = b"\x28\xb5\x2f\xfd" + bytes.fromhex(header.replace(" ", ""))
    assert _image_stream.claimed_size(head.ljust(_image_stream.HEAD, b"\0")) == size
    assert _image_stream.claimed_size(head[:4]) is None


def test_the_size_that_zstd_itself_writes(tmp_path):
    (tmp_path / "image").write_bytes(CONTENT)
    zstd(b"")
    program = shutil.which("zstd")
    if not program:
        pytest.skip("no program zstd")
    subprocess.run([program, "-q", str(tmp_path / "image")], check=True)
    source = source_of(tmp_path / "image.zst")
    assert (source.size, source.least) == (None, len(CONTENT))


@pytest.mark.parametrize(
    "fault, asked", [("", 2), ("busy1", 3), ("busy2", 4), ("cut2", 3), ("cut3", 4), ("chunked", 2)]
)
def test_a_server_that_fails_now_and_then(tmp_path, server, fault, asked):
    """Once for its beginning, of which half is enough, and once for all of it, and again for each failure."""
    server.files["/image.gz"] = gzip.compress(CONTENT)
    for name in ("image", "image.gz"):
        server.asked.clear()
        path = made(tmp_path, source_of(f"{server.url}/{fault}/{name}".replace("//image", "/image")))
        assert path.read_bytes() == CONTENT
        path.unlink()
        assert len(server.asked) == asked


def test_a_volume_is_filled_again_from_its_beginning(tmp_path, server):
    volume = tmp_path / "volume"
    volume.write_bytes(b"\xa5" * 4 * MIB)
    source = source_of(f"{server.url}/cut2/image")
    _disk_apply.fill_volume(str(volume), 4 * MIB, source)
    assert volume.read_bytes() == CONTENT + bytes(4 * MIB - len(CONTENT))


@pytest.mark.parametrize(
    "fault, why", [("busy9", "Service Unavailable"), ("cut9", "broke off after 1572864 of 3145728")]
)
def test_a_server_that_fails_for_good(tmp_path, server, fault, why):
    with pytest.raises(XenError, match=f"cannot be had: .*{why}.* It was asked 3 times") as caught:
        made(tmp_path, source_of(f"{server.url}/{fault}/image"))
    assert (caught.value.details["error_id"], caught.value.details["attempts"]) == ("source_unreachable", 3)


def test_a_server_that_says_no_is_asked_once(server):
    with pytest.raises(XenError, match="cannot be had: .*Not Found") as caught:
        source_of(f"{server.url}/nothing")
    assert (caught.value.details["attempts"], server.asked) == (1, ["/nothing"])


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(XenError, match="refused.* It was asked 3 times"):
            source_of(f"http://127.0.0.1:{taken.getsockname()[1]}/image")


def test_another_checksum_leaves_nothing(tmp_path, server):
    for name, packed in (("image", CONTENT), ("image.gz", gzip.compress(CONTENT))):
        server.files[f"/{name}"] = packed
        source = source_of(f"{server.url}/{name}", "sha256:" + "0" * 64)
        with pytest.raises(BadValue, match=f"/{name} has another one, sha256:{hashlib.sha256(packed).hexdigest()}"):
            made(tmp_path, source)


def test_a_file_of_checksums(tmp_path, server):
    (tmp_path / "SHA512").write_text(f"SHA512 (image) = {hashlib.sha512(CONTENT).hexdigest()}\n")
    (tmp_path / "image").write_bytes(CONTENT)
    for place in (tmp_path / "image", f"{server.url}/image"):
        for checksum in (f"{server.url}/image.sha", f"sha256:{server.url}/image.sha", str(tmp_path / "SHA512"), SHA256):
            made(tmp_path, source_of(place, checksum)).unlink()
        with pytest.raises(BadValue, match="no md5 checksum of image"):
            source_of(place, f"md5:{server.url}/image.sha")
        with pytest.raises(XenError, match="Not Found"):
            source_of(place, f"sha256:{server.url}/nothing")
        with pytest.raises(XenError, match="cannot read"):
            source_of(place, str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    "checksum", ["", "0123", "sha256:01", "nosuch:" + "0" * 64, "sha256:" + "g" * 64, "shake_128:00"]
)
def test_no_checksum(checksum):
    with pytest.raises(BadValue, match="write the algorithm"):
        _checksum.digest_of(checksum, "image", str)


SUMS = st.sampled_from(["md5", "sha1", "sha256", "sha512"])


@settings(max_examples=30)
@given(st.lists(st.tuples(SUMS, st.from_regex(r"[A-Za-z0-9][\w.+-]{0,12}", fullmatch=True), st.booleans()), max_size=8))
def test_files_of_checksums(entries):
    """Whatever else is in it, the strongest sum of a name is found, in both kinds of lines."""
    lines, strongest = ["# a remark", "RMD160 (image) = " + "0" * 40, ""], {}
    for index, (algorithm, name, bsd) in enumerate(entries):
        value = hashlib.new(algorithm, str(index).encode()).hexdigest()
        line = f"{algorithm.upper()} (./dir/{name}) = {value}" if bsd else f"{value.upper()} *{name}"
        lines.append(line)
        if len(value) > len(strongest.get(name, "")):
            strongest[name] = value
    for name, value in strongest.items():
        digest = _checksum.digest_of("/SUMS", name, lambda _place: "\n".join(lines))
        assert (digest.value, len(digest.value)) == (value, 2 * hashlib.new(digest.algorithm).digest_size)
    with pytest.raises(BadValue, match="no checksum of no such name"):
        _checksum.digest_of("/SUMS", "no such name", lambda _place: "\n".join(lines))


@pytest.mark.parametrize(
    "place, error_id",
    [
        ("ftp://host/image", "bad_value"), ("http:///image", "bad_value"), ("file://elsewhere/image", "bad_value"),
        ("image", "bad_value"), ("/no/image", "source_missing"),
    ],
)  # fmt: skip
def test_no_place(place, error_id):
    with pytest.raises(BadValue) as caught:
        source_of(place)
    assert caught.value.details["error_id"] == error_id


def test_no_disk(tmp_path, server):
    (tmp_path / "empty").touch()
    for place in (tmp_path / "empty", f"{server.url}/odd"):
        with pytest.raises(BadValue, match="not a whole number of sectors"):
            source_of(place)
    server.files["/odd.gz"] = gzip.compress(b"x" * 513)
    for place in (f"{server.url}/chunked/odd", f"{server.url}/odd.gz"):
        with pytest.raises(XenError, match="is not a whole number of sectors"):
            made(tmp_path, source_of(place))


def test_what_is_shown_of_a_url():
    remote = _remote.Remote("https://me:secret@host:81/a%20b/image.xz?key=secret#x", open_url, 0, {})
    assert (remote.shown, remote.name) == ("https://host:81/a%20b/image.xz", "image.xz")


def test_a_template_that_somebody_writes_to():
    source = _disk_plan.Source("/srv/template.img", MIB, MIB)
    guest = User("web", "the running domain web", True, "w")
    with pytest.raises(ConflictError, match="is a disk of the running domain web, which writes to it") as caught:
        _disk_source.require_unused(source, [guest])
    assert caught.value.details["error_id"] == "source_in_use"
    _disk_source.require_unused(source, [guest._replace(access="r"), guest._replace(running=False)])
