# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests on a host with the old toolstack: NetBSD's face of 7.0, Xen 4.1, xend and xm.

The host is put together by hand, not by the roles, which the scenario legacy and test_versions are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost
from xenlab import Lab

RELEASE = "7.0"
SETUP = f"""set -e
lab-face legacy {RELEASE}
for package in xenkernel41 xentools41; do
    PKG_PATH=file:///srv/pkgsrc/packages/NetBSD/x86_64/{RELEASE}/All /usr/sbin/pkg_add $package
done
cp /usr/pkg/xen41-kernel/xen.gz /xen.gz
gzip -dc /srv/netbsd/NetBSD-{RELEASE}/amd64/binary/kernel/netbsd-XEN3_DOM0.gz >/netbsd-XEN3_DOM0
for script in xencommons xend xendomains; do install -m 755 /usr/pkg/share/examples/rc.d/$script /etc/rc.d/; done
echo 'xend=YES' >>/etc/rc.conf
mkdir -p /kern
echo 'kernfs /kern kernfs rw' >>/etc/fstab
printf 'create\\nup\\n!brconfig $int add wm0\\n' >/etc/ifconfig.bridge0
cat >/grub/menu.lst <<'TEXT'
default=0
timeout=5

title Xen
\troot (hd0,a)
\tkernel /xen.gz dom0_mem=768M
\tmodule /netbsd-XEN3_DOM0 root=wd0a ro console=tty0
TEXT
cd /dev && sh MAKEDEV xen
sync
"""
CONFIG = "/usr/pkg/etc/xen"
NANO = {"type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}
WEB = {
    "type": "pv",
    "kernel": "/srv/domu/vmlinuz",
    "ramdisk": "/srv/domu/initrd.gz",
    "extra": "console=hvc0 quiet",
    "memory": "96",
    "maxmem": "128",
    "vcpus": 1,
    "disks": ["/srv/domu/disk0.img,raw,xvda,rw"],
    "vifs": [{"bridge": "bridge0", "mac": "00:16:3e:00:00:71"}],
}


@pytest.fixture(scope="module")
def xm_host() -> Iterator[LabHost]:
    with Lab.instance("guests_xm", netbsd=True) as host:
        host.check(SETUP, 240)
        host.reset()
        boot = host.wait_boot()
        assert boot.kind == "xen", boot
        with LabHost(host, "/usr/pkg/bin/python3.11") as lab:
            yield lab


def done(host: LabHost, arguments: dict[str, Any], actions: list[str] | None = None) -> dict[str, Any]:
    """Do it, and see that there is nothing to do then. Check mode is what the contract on the fake xm is for."""
    found = host.module("xen_domain", arguments)
    assert found["changed"], found
    assert actions in (None, found["actions"])
    again = host.module("xen_domain", arguments)
    assert (again["changed"], again["actions"]) == (False, []), again
    return found


def domain(host: LabHost, name: str) -> str:
    """The line of `xm list`; empty when there is none."""
    found = re.search(rf"^{name} .*", host.sh("/usr/pkg/sbin/xm list"), re.MULTILINE)
    return found.group() if found else ""


def test_a_guest_through_all_states(xm_host: LabHost) -> None:
    """The sequence of changes.yml, on the other toolstack."""
    config, tiny = f"{CONFIG}/tiny", {"name": "tiny"}
    xm_host.change("xen_domain", {**tiny, "state": "running", **NANO}, [f"write {config}", f"xm create {config}"])
    assert "builder = " in xm_host.sh(f"cat {config}")
    assert re.match(r"tiny +\d+ +4 +1 +[r-][b-]----", domain(xm_host, "tiny"))
    done(xm_host, {**tiny, "state": "paused"}, ["xm pause tiny"])
    assert re.search(r"[b-]p---", domain(xm_host, "tiny"))
    done(xm_host, {**tiny, "state": "running"}, ["xm unpause tiny"])
    before = domain(xm_host, "tiny")
    found = xm_host.module("xen_domain", {**tiny, "state": "restarted"})
    assert found["actions"] == ["xm shutdown tiny", f"xm create {config}"]
    assert domain(xm_host, "tiny").split()[1] != before.split()[1]
    done(xm_host, {**tiny, "state": "stopped"}, ["xm shutdown tiny"])
    assert not domain(xm_host, "tiny")
    done(xm_host, {**tiny, "state": "paused"}, [f"xm create -p {config}"])
    done(xm_host, {**tiny, "state": "absent"})
    assert not domain(xm_host, "tiny")
    assert xm_host.rc(f"test -e {config}") != 0
    xm_host.fails("xen_domain", {**tiny, "state": "running"}, "no_such_domain")


def test_changes_of_a_running_guest(xm_host: LabHost) -> None:
    config = f"{CONFIG}/web"
    web = {"name": "web", "state": "running", **WEB}
    done(xm_host, web, [f"write {config}", f"xm create {config}"])
    text = xm_host.sh(f"cat {config}")
    assert "file:/srv/domu/disk0.img,xvda,w" in text
    more = [*WEB["disks"], "/srv/domu/disk1.img,raw,xvdb,ro"]
    found = done(xm_host, {**web, "memory": "112", "disks": more})
    assert f"write {config}" in found["actions"]
    assert "xm mem-set web 112" in found["actions"]
    assert "xm block-attach web file:/srv/domu/disk1.img xvdb r" in found["actions"]
    assert re.match(r"web +\d+ +11[0-9] ", domain(xm_host, "web"))
    assert "uname file:/srv/domu/disk1.img" in xm_host.sh("/usr/pkg/sbin/xm list --long web")
    found = done(xm_host, {**web, "memory": "112"})
    assert any(action.startswith("xm block-detach web") for action in found["actions"])
    told = xm_host.module("xen_domain_info", {"name": ["web"]})["domains"][0]
    assert told["state"] == "running"
    assert told["drift"] == []
    assert isinstance(told["uptime"], int)
    assert told["live"]["disks"] == [{"vdev": "xvda", "target": "/srv/domu/disk0.img"}]
    done(xm_host, {"name": "web", "state": "absent", "force": True, "timeout": 60})


def test_save_and_restore(xm_host: LabHost) -> None:
    config, save, kept = f"{CONFIG}/kept", "/var/lib/xen/save/kept.save", {"name": "kept"}
    xm_host.module("xen_domain", {**kept, "state": "running", **NANO})
    done(xm_host, {**kept, "state": "saved"}, [f"xm save kept {save}.partial", f"rename {save}.partial to {save}"])
    assert not domain(xm_host, "kept")
    assert xm_host.rc(f"test -s {save}") == 0
    done(xm_host, {**kept, "state": "running"})
    assert xm_host.rc(f"test -e {save}") != 0
    assert domain(xm_host, "kept")
    done(xm_host, {**kept, "state": "absent", "force": True, "timeout": 30})
    assert xm_host.rc(f"test -e {config}") != 0


def test_a_file_that_is_python(xm_host: LabHost) -> None:
    """What a user of xm wrote: read as data, changed where it is plain, refused with its line where it is code."""
    config = f"{CONFIG}/code"
    text = (
        "# of old\nimport os\nnumber = 3\nname = 'code'\nkernel = '/srv/domu/nano'\n"
        "memory = 4  # MiB\nextra = 'n=%d' % number\n"
    )
    xm_host.sh(f"cat >{config} <<'END'\n{text}END")
    done(xm_host, {"name": "code", "state": "running"}, [f"xm create {config}"])
    done(xm_host, {"name": "code", "state": "running", "on_crash": "destroy"})
    assert xm_host.sh(f"cat {config}") == text + 'on_crash = "destroy"\n'
    found = xm_host.fails("xen_domain", {"name": "code", "state": "running", "extra": "n=4"}, "config_code")
    assert "line 7" in found["msg"]
    done(xm_host, {"name": "code", "state": "absent", "force": True, "timeout": 0})


def test_a_host_whose_xend_is_stopped(xm_host: LabHost) -> None:
    xm_host.sh("/etc/rc.d/xend onestop")
    found = xm_host.fails("xen_domain", {"name": "tiny", "state": "running"}, "daemons_down")
    assert "/etc/rc.d/xend start" in found["msg"]
    xm_host.sh("/etc/rc.d/xend onestart")
    assert xm_host.module("xen_domain_info", {})["domains"] == []
