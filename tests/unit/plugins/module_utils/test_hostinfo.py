# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xen_host_info tells of hosts of many kinds, and what it asks them for that."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils import hostinfo_support as hosts
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.hostinfo_support import look


class TestBare:
    def test_host(self, tmp_path):
        told = look(hosts.bare(tmp_path))
        assert told["host"] == {
            "system": "NetBSD", "release": "10.1", "machine": "amd64", "hostname": "dom0", "firmware": "bios",
        }  # fmt: skip
        assert told["running"] == {
            "hypervisor": None, "dom0": False, "xen_version": None, "kernel": "GENERIC", "commandline": None,
            "domains": None,
        }  # fmt: skip
        assert told["xen"] is None
        assert told["packages"] == {"pkgin": "25.10.0"}
        assert told["memory"] == {"total": 4096, "free": None, "dom0": None}
        assert told["cpus"] == {"count": 2, "dom0": None, "model": "Intel(R) Xeon(R)"}
        assert told["hvm"] == {"capable": True, "feature": "vmx", "virt_caps": None}
        assert told["boot"]["running_entry"] == told["boot"]["next_entry"] == "NetBSD"
        assert told["reboot_required"] == {"required": False, "reasons": []}
        assert told["kernfs"] == {"in_fstab": False, "mounted": False, "privcmd": False}
        assert told["vnd"] == {"nodes": [0, 1, 2, 3], "used": [], "free": [0, 1, 2, 3]}
        assert all(node["ok"] for node in told["devices"])
        assert told["warnings"] == []

    def test_every_documented_part_is_told(self, tmp_path):
        told = look(hosts.bare(tmp_path))
        parts = {name for names in _hostinfo.RETURNS.values() for name in names}
        assert set(told) == parts | {"host", "running", "xen", "warnings"}

    def test_host_alone_costs_one_process(self, tmp_path):
        probe = hosts.bare(tmp_path)
        told = look(probe, "4.20", ["host"])
        assert probe.asked == ["/sbin/sysctl machdep"]
        assert sorted(told) == ["host", "running", "warnings", "xen"]
        assert told["xen"]["tools_package"] == "xentools420"

    def test_all_asks_everything_once_and_no_toolstack(self, tmp_path):
        probe = hosts.with_packages(hosts.bare(tmp_path))
        probe.command("/usr/pkg/sbin/xl info", rc=1)
        look(probe)
        assert len(probe.asked) == len(set(probe.asked))
        assert not any("xl" in command for command in probe.asked)

    def test_not_root(self, tmp_path):
        told = look(hosts.bare(tmp_path, is_root=False))
        assert told["warnings"] == []
        assert told["running"]["dom0"] is False

    @pytest.mark.parametrize(
        "version, error",
        [("4.21", "unknown_version"), ("4.2", "unsupported_netbsd"), ("3.1", "unsupported_netbsd")],
    )
    def test_versions_that_cannot_be(self, tmp_path, version, error):
        probe = hosts.bare(tmp_path)
        with pytest.raises((BadValue, HostError)) as caught:
            look(probe, version)
        assert caught.value.details["error_id"] == error
        assert probe.asked == []

    def test_i386(self, tmp_path):
        with pytest.raises(HostError) as caught:
            look(hosts.bare(tmp_path, machine="i386"), "4.20")
        assert caught.value.details["error_id"] == "unsupported_machine"

    @pytest.mark.parametrize(
        "release, said, expected",
        [("10.1", "UEFI", "uefi"), ("10.1", "BIOS", "bios"), ("9.3", "", None), ("7.1.2", "", "bios")],
    )
    def test_firmware(self, tmp_path, release, said, expected):
        probe = hosts.bare(tmp_path, release)
        probe.values["machdep.bootmethod"] = said
        assert look(probe, subsets=["host"])["host"]["firmware"] == expected

    def test_nothing_answers(self, tmp_path):
        """A host without any of the programs still has an answer."""
        probe = hosts.FakeProbe(tmp_path, hosts.Kernel("NetBSD", "x", "10.1", "NetBSD 10.1 (GENERIC)", "amd64"))
        told = look(probe)
        assert told["running"]["kernel"] == "GENERIC"
        assert told["hvm"]["capable"] is None
        assert [problem["id"] for problem in told["problems"]] == ["packages_missing"]


class TestDom0:
    def test_everything(self, tmp_path):
        told = look(hosts.dom0(tmp_path))
        assert told["warnings"] == []
        assert told["running"] == {
            "hypervisor": "xen", "dom0": True, "xen_version": "4.20.1", "kernel": "XEN3_DOM0",
            "commandline": "dom0_mem=512M dom0_max_vcpus=1", "domains": ["web"],
        }  # fmt: skip
        assert told["xen"]["version"] == "4.20"
        assert told["memory"] == {"total": 4095, "free": 3200, "dom0": 512}
        assert told["cpus"]["count"] == 4
        assert told["hvm"] == {"capable": True, "feature": "vmx", "virt_caps": ["pv", "hvm", "hap"]}
        assert told["boot"]["running_entry"] == told["boot"]["next_entry"] == "Xen 4.20"
        assert told["boot"]["default"] == 2
        assert [item["path"] for item in told["boot"]["files"]] == ["/netbsd", "/xen420.gz", "/netbsd-XEN3_DOM0.gz"]
        assert told["reboot_required"] == {"required": False, "reasons": []}
        assert told["vnd"] == {"nodes": [0, 1, 2, 3], "used": [0], "free": [1, 2, 3]}
        assert told["kernfs"] == {"in_fstab": True, "mounted": True, "privcmd": True}
        assert told["problems"] == []

    def test_memory_of_the_dom0_without_the_list(self, tmp_path):
        assert look(hosts.dom0(tmp_path), subsets=["hypervisor"])["memory"] == {
            "total": 4095,
            "free": 3200,
            "dom0": 476,
        }

    def test_services(self, tmp_path):
        commons, domains, watchdog = look(hosts.dom0(tmp_path))["services"]
        assert commons == {
            "script": "xencommons", "rcvar": "xencommons", "enabled": True, "running": True, "installed": True,
            "processes": {"xenstored": 300, "xenconsoled": 301}, "current": True, "optional": False,
        }  # fmt: skip
        assert (domains["enabled"], domains["running"]) == (None, None)
        assert (watchdog["rcvar"], watchdog["enabled"], watchdog["running"]) == ("xenwatchdog", False, False)

    def test_a_stale_pid_file_proves_nothing(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.said("/bin/ps -axwwo pid,command", "/usr/pkg/sbin/xenstored", "/usr/bin/tail")
        commons = look(probe)["services"][0]
        assert (commons["running"], commons["processes"]["xenstored"]) == (False, None)

    def test_rc_conf_d_wins(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.write("/etc/rc.conf.d/xenwatchdog", "xenwatchdog=YES\n")
        assert look(probe)["services"][2]["enabled"] is True

    def test_bridges(self, tmp_path):
        (bridge,) = look(hosts.dom0(tmp_path))["bridges"]
        assert bridge == {
            "name": "bridge0", "up": True, "mtu": 1500, "file": "/etc/ifconfig.bridge0",
            "members": [
                {"name": "wm0", "mtu": 1500, "guest": False}, {"name": "xvif3i0", "mtu": 1500, "guest": True},
            ],
        }  # fmt: skip

    @pytest.mark.parametrize("command", ["/sbin/ifconfig -a", "/sbin/brconfig -a"])
    def test_bridges_that_nobody_has_told_of_are_not_missing(self, command, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.command(command, rc=1, stderr="out of memory\n")
        told = look(probe)
        assert told["bridges"] is None
        assert told["problems"] == []
        words = command[len("/sbin/") :]
        assert told["warnings"] == [f"`{words}` failed (exit code 1): out of memory"]

    def test_an_ifconfig_that_hangs_is_no_host_without_bridges(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        answer = probe._run

        def run(cmd, timeout):
            if cmd[0] == "/sbin/ifconfig":
                raise TimedOut("`ifconfig` did not end.", stderr="")
            return answer(cmd, timeout)

        probe._run = run
        told = look(probe)
        assert (told["bridges"], told["problems"]) == (None, [])
        assert told["warnings"] == ["`ifconfig` did not end."]
        assert not any("brconfig" in command for command in probe.asked)

    def test_no_ifconfig(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.remove("/sbin/ifconfig")
        told = look(probe)
        assert (told["bridges"], told["problems"]) == (None, [])
        assert told["warnings"] == ["There is no program ifconfig."]

    def test_domains(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.write("/etc/rc.conf", 'xencommons=YES\nxendomains="web\n  gone"\nxendomains_config=/srv/cfg/%s.cfg\n')
        probe.write("/srv/cfg/web.cfg", hosts.WEB)
        assert look(probe)["domains"] == [
            {
                "name": "web", "config": "/srv/cfg/web.cfg", "exists": True, "memory": 256, "vcpus": 1, "running": True,
            },
            {
                "name": "gone", "config": "/srv/cfg/gone.cfg", "exists": False, "memory": None, "vcpus": None,
                "running": False,
            },
        ]  # fmt: skip

    def test_pciback(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.write("/kern/xen/pci/0000:03:00.0", "vendor: 0x8086\nproduct: 0x10d3\nirq: 10\n")
        assert look(probe)["pciback"] == [{"bdf": "0000:03:00.0", "vendor": "0x8086", "product": "0x10d3"}]

    def test_xenstored_does_not_answer(self, tmp_path):
        """xl would hang: it is not asked at all."""
        probe = hosts.dom0(tmp_path)
        probe.sockets.clear()
        told = look(probe)
        assert not any("xl" in command for command in probe.asked)
        assert told["running"]["domains"] is None
        assert told["memory"]["total"] is None
        assert told["domains"][0]["running"] is None

    def test_xl_hangs_all_the_same(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        answer = probe._run

        def run(cmd, timeout):
            if cmd[0].endswith("/xl"):
                raise TimedOut("`xl` did not end.", stderr="")
            return answer(cmd, timeout)

        probe._run = run
        told = look(probe)
        assert told["running"]["commandline"] is None
        assert "`xl` did not end." in told["warnings"]

    def test_not_root(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.is_root = False
        told = look(probe)
        assert told["running"]["dom0"] is True
        assert told["running"]["domains"] is None
        assert any("Only root" in warning for warning in told["warnings"])

    def test_toolstack_of_another_version(self, tmp_path):
        """After the packages are changed and before the reboot: names come from xenstore, which has no versions."""
        probe = hosts.dom0(tmp_path)
        probe.command("/usr/pkg/sbin/xl list", rc=1, stderr="libxl: error: Permission denied")
        probe.command("/usr/pkg/sbin/xl info", rc=1, stderr="libxl: error: Permission denied")
        probe.command("/usr/pkg/bin/xenstore-list /local/domain", "0\n3\n")
        probe.command("/usr/pkg/bin/xenstore-read /local/domain/3/name", "web\n")
        told = look(probe, "4.20", ["domains"])
        assert told["running"]["domains"] == ["web"]
        assert told["warnings"]

    def test_kern_not_mounted(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.remove("/kern/xen/privcmd")
        (tmp_path / "kern/xen").rmdir()
        assert look(probe, subsets=["host"])["running"]["dom0"] is True

    def test_a_guest_is_no_dom0(self, tmp_path):
        probe = hosts.bare(tmp_path)
        probe.values.update({"machdep.hypervisor": "XenPVH", "machdep.xen.version": "4.20.1"})
        probe.write("/kern/xen/xenbus", "")
        told = look(probe, subsets=["host"])["running"]
        assert (told["hypervisor"], told["dom0"], told["xen_version"]) == ("xen", False, "4.20.1")


class TestReboot:
    def reasons(self, probe, version=""):
        return look(probe, version, ["boot"])["reboot_required"]["reasons"]

    def test_prepared(self, tmp_path):
        (reason,) = self.reasons(hosts.prepared(tmp_path))
        assert reason == "the host runs GENERIC without Xen, and the next boot is 'Xen 4.20'"

    def test_next_boot_is_native(self, tmp_path):
        """A reboot would not bring Xen, so none is asked for."""
        probe = hosts.prepared(tmp_path)
        probe.edit("/boot.cfg", "default=2", "default=1")
        assert self.reasons(probe) == []

    def test_new_version(self, tmp_path):
        probe = hosts.dom0(tmp_path, "4.18")
        probe.write("/xen420.gz", b"new", hosts.BOOT_TIME + 5)
        probe.edit("/boot.cfg", "default=2", "default=3")
        probe.edit(
            "/boot.cfg",
            "default=",
            "menu=Xen 4.20:load /netbsd-XEN3_DOM0.gz;multiboot /xen420.gz dom0_mem=1G\ndefault=",
        )
        assert self.reasons(probe, "4.20") == [
            "Xen 4.18.1 runs, and Xen 4.20 is wanted",
            "/xen420.gz is newer than the last boot",
            "'Xen 4.18' runs, and the next boot is 'Xen 4.20'",
            "dom0_mem=512M is no longer among the arguments of Xen",
            "dom0_max_vcpus=1 is no longer among the arguments of Xen",
        ]

    def test_new_kernel(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.write("/netbsd-XEN3_DOM0.gz", b"new", hosts.BOOT_TIME + 5)
        assert self.reasons(probe) == ["/netbsd-XEN3_DOM0.gz is newer than the last boot"]

    @pytest.mark.parametrize(
        "old, new, count",
        [
            ("dom0_mem=512M", "dom0_mem=1G", 2),
            (" dom0_max_vcpus=1", "", 1),
            ("console=pc", "console=pc pciback.hide=(03:00.0)", 1),
        ],
    )
    def test_other_arguments(self, tmp_path, old, new, count):
        probe = hosts.dom0(tmp_path)
        probe.edit("/boot.cfg", old, new)
        assert len(self.reasons(probe)) == count

    def test_words_that_the_loader_adds(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.said("/usr/pkg/sbin/xl info", "dom0_max_vcpus=1", "dom0_max_vcpus=1 com1=115200 console=com1")
        assert self.reasons(probe) == []

    def test_the_entry_that_fits_best_runs(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.edit(
            "/boot.cfg",
            "menu=Xen",
            "menu=Xen bare:load /netbsd-XEN3_DOM0.gz;multiboot /xen420.gz dom0_mem=512M\nmenu=Xen",
        )
        probe.edit("/boot.cfg", "default=2", "default=1")
        assert look(probe, subsets=["boot"])["boot"]["running_entry"] == "Xen 4.20"

    def test_nothing_is_known_without_a_version(self, tmp_path):
        probe = hosts.prepared(tmp_path)
        probe.command("/usr/sbin/pkg_info", "")
        assert self.reasons(probe) == []


MENU_LST = """\
default 1
timeout 5
title NetBSD
kernel --type=netbsd (hd0,a)/netbsd
title Xen 3.1
kernel (hd0,a)/xen3.gz dom0_mem=65536K
module (hd0,a)/netbsd-XEN3_DOM0.gz bootdev=wd0a console=pc
"""


def legacy(root):
    """NetBSD 5.2 with Xen 3.1 and xend, booted by GRUB."""
    probe = hosts.dom0(root, "3.1", "5.2")
    probe.remove("/boot.cfg")
    probe.write("/grub/menu.lst", MENU_LST)
    probe.write("/grub/stage2", b"")
    probe.write("/etc/rc.conf", "xend=YES\nxenbackendd=YES\nxendomains=web\n")
    probe.command(
        "/bin/ps -axwwo pid,command",
        "  PID COMMAND\n  300 xenstored\n  310 /usr/pkg/bin/python2.7 /usr/pkg/sbin/xend start\n  320 xenbackendd\n",
    )
    probe.write("/var/run/xend.pid", "310\n")
    info = "xen_major : 3\nxen_minor : 1\ntotal_memory : 1023\nfree_memory : 700\nnr_cpus : 1\n"
    probe.command("/usr/pkg/sbin/xm info", info)
    probe.command("/usr/pkg/sbin/xm list", hosts.XL_HEAD + hosts.XL_DOM0 + hosts.XL_WEB + "off  128  1  0.0\n")
    return probe


def test_legacy(tmp_path):
    told = look(legacy(tmp_path))
    assert told["xen"]["toolstack"] == "xm"
    assert told["running"]["dom0"] is True
    assert told["running"]["xen_version"] == "3.1"
    assert told["running"]["domains"] == ["web"]
    assert told["memory"]["total"] == 1023
    assert told["host"]["firmware"] == "bios"
    assert (told["boot"]["loader"], told["boot"]["next_entry"]) == ("menu.lst", "Xen 3.1")
    assert told["boot"]["running_entry"] == "Xen 3.1"
    assert [(service["script"], service["running"]) for service in told["services"]] == [
        ("xend", True), ("xenbackendd", True), ("xendomains", None),
    ]  # fmt: skip
    assert told["services"][0]["processes"] == {"xend": 310}
    assert told["problems"] == []
    assert told["reboot_required"]["required"] is False


def test_linux(tmp_path):
    probe = hosts.linux_dom0(tmp_path)
    told = look(probe)
    assert told["running"]["dom0"] is True
    assert told["running"]["xen_version"] == "4.17.4"
    assert told["running"]["domains"] == ["db1", "web1"]
    assert told["memory"]["total"] > 0
    assert told["hvm"]["feature"] == "svm"
    assert told["xen"] is None
    assert told["bridges"] == [
        {
            "name": "xenbr0", "up": True, "mtu": 1500, "file": None,
            "members": [{"name": "eth0", "mtu": 1500, "guest": False}],
        }
    ]  # fmt: skip
    assert told["problems"] == []
    with pytest.raises(HostError) as caught:
        look(probe, "4.20")
    assert caught.value.details["error_id"] == "unsupported_system"


class TestProbe:
    def test_sysctl(self, tmp_path):
        probe = hosts.bare(tmp_path)
        probe.values = {"hw.ncpu": "4", "machdep.dmi.system-vendor": "A = B", "machdep.pae": ""}
        assert probe.sysctl("hw.ncpu", "machdep") == {
            "hw.ncpu": "4", "machdep.dmi.system-vendor": "A = B", "machdep.pae": "",
        }  # fmt: skip

    def test_this_host(self):
        """On whatever runs the tests, nothing is assumed."""
        told = _hostinfo.HostInspector("", ["host"]).run()
        assert told["host"]["system"]

    def test_what_cannot_be_read_is_told_once(self, tmp_path):
        probe = Probe(str(tmp_path))
        for _time in range(2):
            probe.warn("Cannot read /x: Permission denied.")
        assert probe.warnings == ["Cannot read /x: Permission denied."]
        assert probe.text("/x") is None
        assert probe.names("/x") == []
        assert probe.run("none") is None
