# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks: xl's own spec language, dictionaries and libxl's JSON, held to Xen's parser where it is at hand."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_disk import Disk
from ansible_collections.netbsd.xen.tests.unit.oracle import generate

ROOT = Disk(vdev="xvda", target="/srv/web.img")
CDROM = Disk(vdev="hdc", target="/srv/x.iso", access="r", cdrom=True)
EMPTY = Disk(vdev="hdc", format="empty", access="r", cdrom=True)

# spec -> (disk, how we write it)
SPECS = {
    "/srv/web.img,raw,xvda,rw": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "/srv/web.img,,xvda": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "/srv/web.img,,d0p0,": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "phy:/srv/web.img,xvda,w": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "file:/srv/web.img,xvda": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "tap:aio:/srv/web.img,xvda,w": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "raw:/srv/web.img,xvda,w": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "vdev=xvda, access=w, target=/srv/web.img": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "  format=raw,\tvdev=xvda,target=/srv/web.img,": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "devtype=disk,/srv/web.img,raw,xvda": (ROOT, "/srv/web.img,raw,xvda,rw"),
    "phy:/dev/wd0e,0x01,w": (Disk(vdev="0x1", target="/dev/wd0e"), "/dev/wd0e,raw,0x1,rw"),
    "phy:/dev/wd0e,0,r": (Disk(vdev="0x0", target="/dev/wd0e", access="r"), "/dev/wd0e,raw,0x0,ro"),
    "tap:qcow2:/a.q,xvdb,r": (Disk("xvdb", "/a.q", "qcow2", "r"), "/a.q,qcow2,xvdb,ro"),
    "/a.vhd,vhd,hda": (Disk("hda", "/a.vhd", "vhd"), "/a.vhd,vhd,hda,rw"),
    "/srv/x.iso,,hdc,cdrom": (CDROM, "/srv/x.iso,raw,hdc,cdrom"),
    "/srv/x.iso,,hdc,,cdrom": (CDROM, "/srv/x.iso,raw,hdc,cdrom"),
    "/srv/x.iso,raw,hdc,devtype=cdrom": (CDROM, "/srv/x.iso,raw,hdc,cdrom"),
    "file:/srv/x.iso,hdc:cdrom,r": (CDROM, "/srv/x.iso,raw,hdc,cdrom"),
    "/srv/x.iso,,hdc:cdrom,w": (CDROM, "/srv/x.iso,raw,hdc,cdrom"),
    ",hdc:cdrom": (EMPTY, "vdev=hdc,cdrom"),
    ",,hdc:cdrom,r": (EMPTY, "vdev=hdc,cdrom"),
    "vdev=hdc,devtype=cdrom": (EMPTY, "vdev=hdc,cdrom"),
    "/a,raw,xvda,rw,backendtype=qdisk,backend=stor,script=block-x,discard,direct-io-safe": (
        Disk("xvda", "/a", backend="stor", backendtype="qdisk", script="block-x", discard=True, direct_io_safe=True),
        "/a,raw,xvda,rw,backend=stor,backendtype=qdisk,script=block-x,direct-io-safe,discard",
    ),
    "/a,raw,xvda,r,no-discard,specification=virtio": (
        Disk("xvda", "/a", access="r", discard=False, specification="virtio"),
        "/a,raw,xvda,ro,specification=virtio,no-discard",
    ),
    "iscsi:iqn.2001-05.com.example,xvda,w": (
        Disk("xvda", "iqn.2001-05.com.example", script="block-iscsi"),
        "format=raw,vdev=xvda,access=rw,script=block-iscsi,target=iqn.2001-05.com.example",
    ),
    "vdev=xvda,script=block-iscsi,target=iqn=a,portal=b": (
        Disk("xvda", "iqn=a,portal=b", script="block-iscsi"),
        "format=raw,vdev=xvda,access=rw,script=block-iscsi,target=iqn=a,portal=b",
    ),
    "vdev=xvda,target=/ends,with,,": (
        Disk("xvda", "/ends,with,"),
        "format=raw,vdev=xvda,access=rw,target=/ends,with,,",
    ),
    "/a,raw,xvda,rw,colo,colo-host=h,colo-port=9,colo-export=e,active-disk=/x,hidden-disk=/y": (
        Disk("xvda", "/a", colo=True, colo_host="h", colo_port=9, colo_export="e", active_disk="/x", hidden_disk="/y"),
        "/a,raw,xvda,rw,colo-host=h,colo-export=e,active-disk=/x,hidden-disk=/y,colo-port=9,colo",
    ),
}

# newer than the oracle
NEW_SPECS = {
    "/a,raw,xvda,w,untrusted,grant_usage=1": Disk("xvda", "/a", trusted=False, grant_usage=True),
    "trusted,grant_usage=0,/a,raw,xvda": Disk("xvda", "/a", trusted=True, grant_usage=False),
}

REFUSED = {
    "": "no vdev",
    "/a": "no vdev",
    "/a,raw": "no vdev",
    "vdev=xvda": "no target",
    "/dev/wd0e,0x1,w": "only after a prefix such as phy: there is no format",
    "/a,raw,xvda,rwx": "access is one of",
    "access=q,/a,raw,xvda": "access is one of",
    "/a,raw,xvda,rw,more": "one positional parameter too many",
    "/a,raw,xvda,rw,untrustedly": "one positional parameter too many",
    "/a,raw,xvda,bogus=1": "unknown parameter 'bogus'",
    "/a=b,raw,xvda": "bad disk syntax",
    "foo:/a,xvda": "unknown prefix 'foo:'",
    "/a,raw,xvda,target=/b": "target is specified twice",
    "/a,raw,xvda,format=qcow2": "format is specified twice",
    "/a,raw,xvda,vdev=xvda": "vdev is specified twice",
    "/a,raw,xvda,devtype=floppy": "devtype is cdrom or disk",
    "/a,raw,hdc:floppy": "unknown device type 'floppy'",
    "/a,raw,xvda,backendtype=": "backendtype is empty",
    "/a,raw,xvda,backendtype=x": "it is one of phy, tap, qdisk, standalone",
    "/a,raw,xvda,colo-port=0": "colo-port",
}

# what libxlutil lets through and libxl refuses when the domain starts
REFUSED_LATER = {
    "/a,raw,xvd": "a vdev is a name",
    "/a,raw,d0": "a vdev is a name",
    "/a,raw,hde": "hd goes up to disk 3",
    "/a,raw,sdq1": "sd goes up to disk 15",
    "/a,raw,xvda300": "partition 255",
    "/a,raw,0x80000000": "a vdev is a name",
    "vdev=xvda,target=": "no target",
    ",raw,xvda": "no target",
}


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec):
    disk, rendered = SPECS[spec]
    assert _spec_disk.parse(spec) == disk
    assert _spec_disk.render(disk) == rendered
    assert _spec_disk.parse(rendered) == disk
    assert _spec_disk.from_dict(_spec_disk.as_dict(disk)) == disk


@pytest.mark.parametrize("spec", NEW_SPECS)
def test_new_spec(spec):
    disk = NEW_SPECS[spec]
    assert _spec_disk.parse(spec) == disk == _spec_disk.parse(_spec_disk.render(disk))
    assert _spec_disk.from_dict(_spec_disk.as_dict(disk)) == disk


@pytest.mark.parametrize("spec", [*REFUSED, *REFUSED_LATER])
def test_refused(spec):
    with pytest.raises(BadValue) as caught:
        _spec_disk.parse(spec)
    assert {**REFUSED, **REFUSED_LATER}[spec] in str(caught.value)
    assert repr(spec) in str(caught.value)
    assert caught.value.details["option"] == "disks"


def test_newlines_are_refused_because_some_abort_xl():
    with pytest.raises(BadValue, match="one line"):
        _spec_disk.parse("/a,raw,xvda\n")


@pytest.mark.parametrize("spec", [*SPECS, *REFUSED])
def test_xen_agrees(spec):
    parsed, report = generate.xen().disk(spec)
    assert (parsed is not None) == (spec in SPECS), report
    if parsed is not None:
        assert _spec_disk.from_live(parsed) == SPECS[spec][0]
        again, report = generate.xen().disk(SPECS[spec][1])
        assert again is not None, report
        assert _spec_disk.from_live(again) == SPECS[spec][0]


WORDS = """
    /a /dev/wd0e raw qcow2 vhd empty xvda hda 0x1 01 d0p1 hdc:cdrom 6:disk r ro w rw x cdrom devtype=cdrom devtype=x
    format=raw format= format=qcow access=ro access= access=q backend=dom backendtype=phy backendtype= backendtype=foo
    specification=xen script=block-x script= vdev=xvdb vdev= vdev=0x10 direct-io-safe discard no-discard target=/t
    target=/t=u,v target= bogus=1 bogus colo-port=3 active-disk=a = a=b é
"""
STARTS = """
    phy: file: tap:aio: tap:qcow2: iscsi: foo: /a,raw,xvda,rw, /b,,hda,cdrom, vdev=xvda,
"""
words = st.sampled_from(WORDS.split())
starts = st.sampled_from(["", *STARTS.split()])
commas = st.sampled_from((",", ",", ", ", ",,", ""))


@given(starts, st.lists(st.tuples(words, commas), max_size=6))
@example("/a,raw,xvda,rw,", [("phy:=", "")])
def test_any_spec_is_judged_as_by_xen(start, parts):
    spec = start + "".join(word + comma for word, comma in parts)
    parsed, report = generate.xen().disk(spec)
    try:
        expected = None if parsed is None else _spec_disk.from_live(parsed)
    except BadValue:
        expected = None  # libxl will refuse the vdev, or the empty target, when the domain starts
    try:
        ours = _spec_disk.parse(spec)
    except BadValue:
        ours = None
    assert ours == expected, report


targets = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\n"), min_size=1, max_size=20)
texts = st.none() | st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\n,"), min_size=1, max_size=9
)
flags = st.none() | st.booleans()


@given(
    st.sampled_from(("xvda", "hdb1", "0x1")),
    targets,
    st.sampled_from(("raw", "qcow2")),
    st.sampled_from("rw"),
    flags,
    texts,
    texts,
    st.booleans(),
)
def test_any_disk_is_written_so_that_xen_reads_it(vdev, target, form, access, discard, script, backend, direct_io_safe):
    disk = Disk(vdev, target, form, access, False, backend, None, script, discard, direct_io_safe)
    spec = _spec_disk.render(disk)
    assert _spec_disk.parse(spec) == disk
    assert _spec_disk.from_dict(_spec_disk.as_dict(disk)) == disk
    parsed, report = generate.xen().disk(spec)
    assert parsed is not None, report
    assert _spec_disk.from_live(parsed) == disk


def test_from_dict():
    assert _spec_disk.from_dict({"path": "/srv/web.img", "vdev": "d0p0", "access": "rw", "format": None}) == ROOT
    assert _spec_disk.from_dict({"target": "/srv/x.iso", "vdev": "hdc", "devtype": "cdrom"}) == CDROM
    assert _spec_disk.from_dict({"vdev": "hdc", "cdrom": "yes"}) == EMPTY
    assert _spec_disk.from_dict({"target": "/a", "vdev": 1, "discard": "no"}) == Disk("0x1", "/a", discard=False)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"target": "/a", "vdev": "xvda", "size": 3}, "unknown key 'size'; known are: vdev, target, format"),
        ({"target": "/a", "path": "/b", "vdev": "xvda"}, "target is given twice"),
        ({"target": "/a", "vdev": "xvda", "format": "vmdk"}, "'vmdk' is no format"),
        ({"target": "/a", "vdev": "xvda", "access": "ro,rw"}, "cannot hold a comma"),
        ({"target": "/a", "vdev": "xvda", "discard": "maybe"}, "discard must be a boolean"),
        ({"target": "/a\n", "vdev": "xvda"}, "one line"),
        ({"target": ["/a"], "vdev": "xvda"}, "one line"),
        ({"target": "/a", "vdev": "xvda", "script": ["x"]}, "script must be a string"),
        ({"target": "/a", "vdev": "xvda", "colo_port": "x"}, "whole number"),
        ({"target": "/a", "vdev": "xvda", "devtype": "floppy"}, "devtype is cdrom or disk"),
        ({"vdev": "xvda"}, "no target"),
        ({"target": "/a"}, "no vdev"),
    ],
)
def test_from_dict_refuses(mapping, words):
    with pytest.raises(BadValue) as caught:
        _spec_disk.from_dict(mapping)
    assert words in str(caught.value)


def test_as_dict_names_only_what_differs_from_xls_defaults():
    assert _spec_disk.as_dict(ROOT) == {"vdev": "xvda", "target": "/srv/web.img"}
    assert _spec_disk.as_dict(EMPTY) == {"vdev": "hdc", "format": "empty", "access": "r", "cdrom": True}


# entries of real "xl list -l" output
LIVE = [
    (
        {
            "pdev_path": "/srv/domu/disk0.img",
            "vdev": "xvda",
            "format": "raw",
            "readwrite": 1,
            "colo_restore_enable": "False",
        },
        Disk("xvda", "/srv/domu/disk0.img"),
    ),
    (
        {"pdev_path": "/srv/domu/disk2.img", "vdev": "xvdc", "format": "raw"},
        Disk("xvdc", "/srv/domu/disk2.img", access="r"),
    ),
    (
        {
            "pdev_path": "/root/boot.iso",
            "vdev": "hdb",
            "backend": "qdisk",
            "format": "raw",
            "removable": 1,
            "is_cdrom": 1,
        },
        Disk("hdb", "/root/boot.iso", access="r", cdrom=True, backendtype="qdisk"),
    ),
    (
        {"pdev_path": "/a", "vdev": "0x1", "backend": "unknown", "readwrite": 1, "backend_domid": 3, "trusted": "True"},
        Disk("0x1", "/a", backend="3", trusted=True),
    ),
]


@pytest.mark.parametrize(("entry", "disk"), LIVE)
def test_from_live(entry, disk):
    assert _spec_disk.from_live(entry) == disk


VDEVS = {
    "xvda": 51712, "d0p0": 51712, "xvda1": 51713, "d0p1": 51713, "xvdb": 51728, "xvdp15": 51967,
    "xvdq": 268439552, "d16p0": 268439552, "xvda16": 268435472, "xvdz": 268441856, "xvdaa": 268442112,
    "hda": 768, "hda1": 769, "hdb": 832, "hdc": 5632, "hdd63": 5759, "sda": 2048, "sdp15": 2303,
}  # fmt: skip


@pytest.mark.parametrize("text", VDEVS)
def test_vdev_numbers_as_in_xl_block_list(text):
    number = VDEVS[text]
    assert _spec_disk.vdev_number(text) == number
    assert _spec_disk.vdev_number(_spec_disk.vdev_name(number)) == number
    assert _spec_disk.identity(dataclasses.replace(ROOT, vdev=text)) == number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("1", 1), ("0x01", 1), ("010", 8), ("d0x1p2", 51730)])
def test_vdev_integers_are_read_in_any_base(text, number):
    assert _spec_disk.vdev_number(text) == number


@pytest.mark.parametrize("number", [0, 1, 767, 896, 51711, 1 << 28, 2**31 - 1])
def test_numbers_without_a_name_are_shown_in_hexadecimal(number):
    assert _spec_disk.vdev_name(number) == hex(number)
    assert _spec_disk.vdev_number(hex(number)) == number


@given(st.integers(0, 2**29))
def test_names_and_numbers_agree(number):
    assert _spec_disk.vdev_number(_spec_disk.vdev_name(number)) == number


@pytest.mark.parametrize(
    "text", ["", "x", "xvd", "xvdA", "xvda01", "hda64", "d0", "dp1", "-1", "08", "0x", " 1", "1 ", "sda16"]
)
def test_no_vdev(text):
    with pytest.raises(BadValue):
        _spec_disk.vdev_number(text)


def test_a_number_and_the_name_of_that_number_are_not_the_same_disk_for_hvm():
    named, numbered = _spec_disk.parse("/a,raw,hda"), _spec_disk.parse("/a,raw,0x300")
    assert named != numbered
    assert _spec_disk.identity(named) == _spec_disk.identity(numbered)
