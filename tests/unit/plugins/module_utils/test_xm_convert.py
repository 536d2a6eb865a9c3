# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a config file of xm to one of xl: what becomes of each setting, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import (
    _convert_config,
    _xm_config,
    _xm_convert,
    _xm_convert_rules,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

BASE = "name = 'web'\nmemory = 64\n"


def convert(text, path="/xen/web", **given):
    made = _xm_convert.convert(text, path, given)
    values = _xlcfg.parse(made.text).as_dict()
    return values, [(finding.level, finding.key, finding.line) for finding in made.findings], made


@pytest.mark.parametrize(
    "text, expected",
    [
        ("builder = 'linux'", {"type": "pv"}),
        ("builder = 'hvm'\nkernel = '/usr/lib/xen/boot/hvmloader'\nvnc = 0", {"type": "hvm", "vnc": "0"}),
        ("kernel = '/netbsd'\nroot = 'root=xbd0'", {"type": "pv", "kernel": "/netbsd", "root": "xbd0"}),
        ("bootloader = '/usr/bin/pygrub'\nbootargs = '-q'", {"bootloader": "pygrub", "bootloader_args": "-q"}),
        ("bootloader = '/usr/bin/other'", {"bootloader": "/usr/bin/other"}),
        ("memory = '256'", {"memory": "256"}),
        ("vcpus = 4\nvcpu_avail = 5", {"vcpus": "2", "maxvcpus": "4"}),
        ("vcpus = 2\nmaxvcpus = 4", {"vcpus": "2", "maxvcpus": "4"}),
        ("cpu = 3", {"cpus": "3"}),
        ("cpu_cap = 50\ncpu_weight = 512", {"cap": "50", "cpu_weight": "512"}),
        ("restart = 'onreboot'", {"on_poweroff": "destroy", "on_reboot": "restart", "on_crash": "destroy"}),
        ("on_crash = 'preserve'", {"on_crash": "preserve"}),
        ("extid = 1", {"viridian": "1"}),
        ("localtime = 'yes'\nusb = 0", {"localtime": "1", "usb": "0"}),
        ("disk = ['phy:/dev/wd0e,0x1,w']", {"disk": ["/dev/wd0e,raw,0x1,rw"]}),
        ("disk = ['file:/a.iso,ioemu:hdc:cdrom,r']", {"disk": ["/a.iso,raw,hdc,cdrom"]}),
        ("disk = ['tap:qcow:/a,xvda,w']", {"disk": ["/a,qcow,xvda,rw"]}),
        ("disk = ['phy:/dev/wd0e,10,w,store']", {"disk": ["/dev/wd0e,raw,0x10,rw,backend=store"]}),
        ("nics = 2\nvif = ['bridge=b0']", {"vif": ["bridge=b0", ""]}),
        ("vif = ['type=ioemu, bridge=b0']", {"vif": ["bridge=b0"]}),
        ("builder = 'hvm'\nvnc = 0\nvif = ['type=ioemu, bridge=b0']", {"vif": ["bridge=b0,type=ioemu"]}),
        ("vfb = ['type=vnc,vncunused=1']", {"vfb": ["vnc=1,vncunused=1"]}),
        ("pci = ['01:00.0']", {"pci": ["0000:01:00.0"]}),
        ("dhcp = 'dhcp'\nextra = '4'", {"extra": "ip=::::" + ":eth0:dhcp 4"}),
        (
            "ip = '10.0.0.2'\ngateway = '10.0.0.1'\nnetmask = '255.0.0.0'\nhostname = 'w'",
            {"extra": "ip=10.0.0.2::10.0.0.1:255.0.0.0:w:eth0:off"},
        ),
        ("nfs_server = '10.0.0.9'\nnfs_root = '/r'\nroot = '/dev/nfs'", {"extra": "nfsroot=10.0.0.9:/r"}),
        ("n = 3\nextra = 'n=%d' % n", {"extra": "n=3"}),
    ],
)
def test_settings(text, expected):
    values, _findings, made = convert(BASE + text)
    assert {key: values.get(key) for key in expected} == expected
    assert made.complete


@pytest.mark.parametrize(
    "text, level, key",
    [
        ("builder = 'netbsd'", "lost", "builder"),
        ("device_model = '/usr/lib/xen/bin/qemu-dm'", "lost", "device_model"),
        ("on_xend_start = 'start'", "lost", "on_xend_start"),
        ("restart = 'sometimes'", "lost", "restart"),
        ("disk = ['/a,raw,xvda,rw']", "lost", "disk"),
        ("disk = ['phy:/dev/a,xvda,w,,x86_32-abi']", "lost", "disk"),
        ("vif = ['accel=solarflare,bridge=b0']", "lost", "vif"),
        ("vif = ['wrong=1']", "lost", "vif"),
        ("vfb = ['vnc=1,serial=pty']", "lost", "vfb"),
        ("vcpus = 'two'", "lost", "vcpus"),
        ("fda = '/floppy.img'", "lost", "fda"),
        ("extra = vmid", "lost", "extra"),
        ("kernel = open('/k').read()", "lost", "kernel"),
        ("vif = ['']", "differs", "vif"),
        ("vif = ['type=ioemu,bridge=b0']", "differs", "vif"),
        ("disk = ['tap:aio:/a,xvda,w']", "differs", "disk"),
        ("disk = ['file:/a,xvda,w!']", "differs", "disk"),
        ("disk = ['phy:/srv/a.img,xvda,w']", "differs", "disk"),
        ("cpu = 1", "differs", "cpu"),
        ("builder = 'hvm'", "differs", "vnc"),
        ("vnc = True", "differs", "vnc"),
        ("disk = ['phy:/dev/a,10,w']", "rewritten", "disk"),
        ("helper = 3", "rewritten", "helper"),
        ("nics = 1", "rewritten", "nics"),
        ("localtime = 'no'", "rewritten", "localtime"),
    ],
)
def test_findings(text, level, key):
    _values, findings, made = convert(BASE + text)
    line = 3 if (key, level) != ("vnc", "differs") or "vnc" in text else 0
    assert (level, key, line) in findings
    assert made.complete == (level != "lost")


def test_what_xm_fills_in():
    values, findings, _made = convert("kernel = '/k'\n", "/xen/mail")
    assert (values["name"], values["memory"]) == ("mail", "128")
    assert {key for _level, key, _line in findings} == {"name", "memory"}


def test_a_plain_file_says_nothing():
    text = (
        "name = 'web'\nkernel = '/k'\nmemory = 64\nvcpus = 1\ndisk = [ 'phy:/dev/wd0e,0x1,w' ]\nvif = [ 'bridge=b0' ]\n"
    )
    _values, findings, made = convert(text)
    assert findings == []
    assert made.text.startswith("# Converted from web, a config file of xm.\n\nname = ")


def test_variables_of_the_command_line():
    text = "name = 'VM%d' % vmid\nmemory = 64\ndisk = [ 'phy:hda%d,hda1,w' % (vmid) ]\n"
    values, _findings, made = convert(text, vmid=7)
    assert values["name"] == "VM7"
    assert "target=hda7" in values["disk"][0]
    assert made.complete


def test_empty_values_of_xm_are_not_taken_along():
    values, findings, _made = convert(BASE + "fda = ''\ndisk = []\nramdisk = ''\nserial = ''\n")
    assert set(values) == {"name", "type", "memory"}
    assert findings == []


def test_every_variable_of_xm_is_thought_of():
    rules = _xm_convert_rules
    groups = {"bootloader", "builder", "cpu", "disk", "extid", "extra", "kernel", "maxvcpus", "nics", "pci", "restart"}
    groups |= {"root", "vcpu_avail", "vcpus", "vfb", "vif", "on_poweroff", "on_reboot", "on_crash"}
    known = (
        rules.NUMBERS | rules.FLAGS | rules.SAME | set(rules.RENAMED) | set(rules.NOT_IN_XL) | set(rules.KERNEL_WORDS)
    )
    assert known | groups >= _xm_config.VARIABLES


def test_no_python():
    with pytest.raises(ConfigSyntaxError):
        convert("name = \n")


# The task


def task(check_mode=False, **params):
    given = {"dest": None, "force": False, "backup": False, "variables": None, **params}
    return _convert_config.run(given, check_mode)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "web"
    path.write_text(BASE + "vfb = [ 'vnc=1,vncpasswd=secret' ]\n")
    return path


def test_nothing_is_written_by_default(source, tmp_path):
    told = task(src=str(source))
    assert (told["changed"], told["complete"], told["actions"]) == (False, True, [])
    assert "secret" not in str(told)
    assert [path.name for path in tmp_path.iterdir()] == ["web"]


def test_writes(source, tmp_path):
    dest = tmp_path / "web.cfg"
    planned = task(src=str(source), dest=str(dest), check_mode=True)
    assert not dest.exists()
    done = task(src=str(source), dest=str(dest))
    assert planned == done
    assert done["actions"] == [f"write {dest}"]
    assert "secret" not in str(done)
    assert "vncpasswd=secret" in dest.read_text()
    assert dest.stat().st_mode & 0o777 == 0o600
    again = task(src=str(source), dest=str(dest))
    assert not again["changed"]
    dest.write_text("old\n")
    kept = task(src=str(source), dest=str(dest), backup=True)
    assert Path(kept["backup_file"]).read_text() == "old\n"


def test_a_loss_must_be_allowed(source, tmp_path):
    source.write_text(BASE + "fda = '/floppy'\n")
    dest = str(tmp_path / "web.cfg")
    with pytest.raises(XenError, match="line 3: fda") as caught:
        task(src=str(source), dest=dest)
    assert caught.value.details["error_id"] == "conversion_incomplete"
    assert task(src=str(source), dest=dest, force=True)["changed"]
    assert not task(src=str(source), dest=dest)["changed"]


def test_no_such_file(tmp_path):
    with pytest.raises(HostError) as caught:
        task(src=str(tmp_path / "nothing"))
    assert caught.value.details["error_id"] == "no_config"


@pytest.mark.parametrize(
    "text",
    ["vncpasswd = '''secret'''", "vncpasswd = 'sec' 'ret'", "vncpasswd = 'sec' + 'ret'", "vncpasswd = ('sec'\n 'ret')"],
)
def test_passwords_in_python(text):
    masked = _secrets.mask_text(f"{text}\nname = 'web'\n")
    assert "sec" not in masked.replace("vncpasswd", "")
    assert "ret" not in masked
    assert masked.endswith("\nname = 'web'\n")
