# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Config files of xm told in xl's words: what is read, what is written, and what cannot be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _xm_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus" / "xlcfg"
FILE = """\
# the web server
kernel = "/netbsd"
builder = 'linux'
memory = 128
name = 'web'
vif = [ 'mac=aa:00:00:50:02:f0, bridge=bridge0' ]
disk = [ 'phy:/dev/wd0e,0x1,w',  # root
         'file:/srv/data.img,10,w!' ]
cpu_cap = 50
vfb = [ 'type=vnc,vncunused=1' ]
"""


def parse(text=FILE):
    return _xm_config.parse(text, "/xen/web")


def canonical(document, name):
    option = _options.BY_NAME[name]
    return option.kind.from_file(option.key, document.get(option.key))


def test_reads_in_the_words_of_xl():
    document = parse()
    assert document.get("type") == "pv"
    assert document.get("builder") is None
    assert document.get("cap") == "50"
    assert [(disk.vdev, disk.target, disk.access) for disk in canonical(document, "disks")] == [
        ("0x1", "/dev/wd0e", "w"),
        ("0x10", "/srv/data.img", "w"),
    ]
    assert canonical(document, "vifs")[0].bridge == "bridge0"
    assert canonical(document, "vfb")[0].vnc is True
    assert set(document.as_dict()) == {"kernel", "type", "memory", "name", "vif", "disk", "cap", "vfb"}
    assert document.line_of("type") == 3
    assert document.render() == FILE


def test_yes_and_no_are_numbers_to_xl():
    document = parse("localtime = 'yes'\nacpi = 'no'\nusb = 1\nname = 'yes'\n")
    assert document.as_dict() == {"localtime": "1", "acpi": "0", "usb": "1", "name": "yes"}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("phy:wd0e,0x1,w", "format=raw,vdev=0x1,access=w,target=wd0e"),
        ("file:/a=b.img,xvda,r", "format=raw,vdev=xvda,access=r,target=/a=b.img"),
        ("tap:aio:/x,xvda1,w", "format=raw,vdev=xvda1,access=w,target=/x"),
        ("tap:qcow2:/x,sda,w,3", "format=qcow2,vdev=sda,access=w,backend=3,target=/x"),
        ("file:/cd.iso,ioemu:hdc:cdrom,r", "format=raw,vdev=hdc,cdrom,target=/cd.iso"),
        (",hdc:cdrom,r", "vdev=hdc,cdrom"),
        ("drbd:res,xvda,w", "drbd:res,xvda,w"),
    ],
)
def test_disks_of_xm(text, expected):
    document = parse(f"disk = ['{text}']\n")
    assert document.get("disk") == [expected]
    before = canonical(document, "disks")
    document.set("disk", _options.BY_NAME["disks"].kind.to_file(before))
    assert document.render() == f"disk = ['{text}']\n"


@pytest.mark.parametrize("text", ["/srv/web.img,raw,xvda,rw", "phy:/dev/wd0e,xvda", "", "file:/x,xvda,rw"])
def test_disks_that_xm_would_misread(text):
    with pytest.raises(XenError, match="/xen/web: line 2: .*uname,device,mode"):
        parse(f"\ndisk = ['{text}']\n").get("disk")
    assert parse(f"\ndisk = ['{text}']\n").as_dict() == {"disk": [text]}


@pytest.mark.parametrize(
    "disk, expected",
    [
        ("/dev/wd0e,raw,0x1,rw", "phy:/dev/wd0e,0x1,w"),
        ("/srv/web.img,raw,xvda,ro", "file:/srv/web.img,xvda,r"),
        ("/srv/web.img,qcow2,d0p1,rw", "tap:qcow2:/srv/web.img,xvda1,w"),
        ("/srv/web.img,raw,xvdq,rw", "file:/srv/web.img,0x10001000,w"),
        ("/cd.iso,raw,hdc,cdrom", "file:/cd.iso,hdc:cdrom,r"),
        ("vdev=hdc,cdrom", ",hdc:cdrom,r"),
        ("/dev/x,raw,hda,rw,backend=store", "phy:/dev/x,hda,w,store"),
    ],
)
def test_writes_disks(disk, expected):
    text = _xm_config.new_document([("disk", [disk])])
    assert text == f"disk = [ '{expected}' ]\n"
    parsed = _options.BY_NAME["disks"].kind.spec.parse(disk)
    if parsed.target:
        (again,) = canonical(parse(text), "disks")
        assert (again.target, again.access, again.cdrom) == (parsed.target, parsed.access, parsed.cdrom)


@pytest.mark.parametrize(
    "key, value, reason",
    [
        ("type", "pvh", "pv and hvm"),
        ("cmdline", "console=com0", "root and extra"),
        ("firmware", "uefi", "no such setting"),
        ("disk", ["/x,raw,xvda,rw,discard"], "no discard"),
        ("disk", ["format=raw,vdev=xvda,target=/a,b"], "comma"),
        ("vif", ["mtu=9000"], "no mtu"),
        ("serial", ["pty", "null"], "one string"),
    ],
)
def test_what_xm_has_no_words_for(key, value, reason):
    with pytest.raises(BadValue, match=reason):
        parse("").set(key, value)


def test_an_edit_keeps_the_words_of_what_stays():
    config = _configfile.ConfigFile("/xen/web", parse(), "python")
    disks = [disk.replace("/srv/data.img", "/srv/more.img") for disk in config.value("disk")]
    changes = [("memory", 256), ("disk", disks), ("type", "pv"), ("cap", 25), ("kernel", None)]
    after = _configfile.edited(config, changes, "")
    expected = FILE.replace("= 128", "= 256").replace("'file:/srv/data.img,10,w!'", "'file:/srv/more.img,0x10,w'")
    assert after == expected.replace("cpu_cap = 50", "cpu_cap = 25").replace('kernel = "/netbsd"\n', "")
    assert config.text == FILE


def test_a_new_file_is_valid_for_xm():
    config = _configfile.ConfigFile("/xen/web", None, "python")
    changes = [("name", "web"), ("type", "hvm"), ("memory", 64), ("vif", ["mac=aa:00:00:50:02:f0"]), ("extra", None)]
    text = _configfile.edited(config, changes, "Domain web; see xl.cfg(5).")
    found: dict[str, object] = {}
    exec(text, {}, found)
    assert found == {"name": "web", "builder": "hvm", "memory": 64, "vif": ["mac=aa:00:00:50:02:f0"]}
    assert text.startswith("# Domain web; see xmdomain.cfg(5).\n")


def test_files_of_a_directory(tmp_path):
    (tmp_path / "web").write_text(FILE)
    (tmp_path / "code").write_text("name = socket.gethostname()\n")
    (tmp_path / "xend-config.sxp").write_text("# x\n(xend-unix-server yes)\n")
    (tmp_path / "broken").write_text("name = \n")
    assert [Path(path).name for path in _configfile.all_in(str(tmp_path), "python")] == ["web"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name)
def test_real_files_read_as_data_or_say_why_not(path):
    """Those that are in both languages read the same; of the others each key has a value, or a line and a reason."""
    text = _xlcfg.read_text(path.read_bytes())
    document = _xm_config.parse(text, path.name)
    try:
        assert document.file.as_dict() == _xlcfg.parse(text).as_dict()
    except XenError:
        assert document.file.unreadable()
    for key, (line, reason) in document.file.unreadable().items():
        assert reason
        assert key in text.splitlines()[line - 1] or line > 1
    assert document.render() == text
