# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the preflight: what provokes it on a host that is a finished dom0 else, and when it is quiet."""

from __future__ import annotations

import gzip
import re

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_rules, _bootcfg_check, _menulst_check
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _preflight, _preflight_boot
from ansible_collections.netbsd.xen.plugins.modules import xen_host_info
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils import hostinfo_support as hosts
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.hostinfo_support import ids, look

PS = "/bin/ps -axwwo pid,command"
RC_CONF = "/etc/rc.conf"
WEB = "/usr/pkg/etc/xen/web"


def menu(old, new):
    return lambda probe: probe.edit("/boot.cfg", old, new)


def config(old, new):
    return lambda probe: probe.edit(WEB, old, new)


def second_guest(text, listed=True):
    def change(probe):
        probe.write("/usr/pkg/etc/xen/db", text)
        if listed:
            probe.edit(RC_CONF, "xendomains=web", 'xendomains="web db"')

    return change


def no_menu(probe):
    probe.remove("/boot.cfg")


def native_kernel(probe):
    probe.write("/netbsd", b"\x7fELF NetBSD 10.1 (XEN3_DOM0) #0")


def other_node(probe):
    probe.nodes["/dev/xsd_kva"] = _devnodes.Found("character", 141, 7)


def no_native_entry(probe):
    probe.edit("/boot.cfg", "menu=NetBSD:boot netbsd\n", "")
    probe.edit("/boot.cfg", "default=2", "default=1")


def unmounted(probe):
    probe.said("/sbin/mount", "kernfs on /kern type kernfs (local)\n", "")


def mtu(probe):
    probe.said("/sbin/ifconfig -a", "SIMPLEX,MULTICAST> mtu 1500\n\taddress", "SIMPLEX,MULTICAST> mtu 9000\n\taddress")


def no_member(probe):
    probe.said("/sbin/brconfig -a", "\t\twm0 flags=3<LEARNING,DISCOVER>\n\t\t\tport 1 priority 128\n", "")


def no_bridge(probe):
    probe.command("/sbin/ifconfig -a", hosts.WM0 + hosts.XVIF3)
    probe.command("/sbin/brconfig -a", "")


def not_named(probe):
    probe.edit(WEB, "bridge=bridge0", "mac=00:16:3e:00:00:01")
    probe.remove("/usr/pkg/etc/xen/xl.conf")


def vif_out_of_its_bridge(probe):
    probe.said("/sbin/brconfig -a", hosts.XVIF3_MEMBER, "")


def lost(probe):
    probe.said("/usr/pkg/sbin/xl list", "web   ", "(null)")


def hidden_badly(probe):
    probe.edit("/boot.cfg", "console=pc", "pciback.hide=(03:00.0)")


def unheeded(probe):
    line = "/usr/pkg/bin/xenstore-ls -f /local/domain"
    probe.command(line, '/local/domain/3/name = "web"\n/local/domain/3/control/shutdown = "poweroff"\n')


def mounted_disk(probe):
    probe.said("/sbin/mount", "ptyfs on", "/srv/web.img on /mnt type ffs (local)\nptyfs on")


def many_disks(probe):
    text = ", ".join(f'"/srv/web.img,raw,xvd{letter},r"' for letter in "abcde")
    probe.edit(WEB, '"/srv/web.img,raw,xvda,rw"', text)


def busy_vnds(probe):
    probe.values["hw.disknames"] = "wd0 vnd0 vnd1 vnd2 vnd3"
    probe.command("/usr/pkg/sbin/xl list", hosts.XL_HEAD + hosts.XL_DOM0)
    probe.command("/sbin/ifconfig -a", hosts.WM0 + hosts.BRIDGE0)


def packed_32bit(probe):
    probe.write("/srv/kernel", gzip.compress(b"\x7fELF\x01" + b"\0" * 100, mtime=0))


def character_disk(probe):
    probe.edit(WEB, "/srv/web.img", "/dev/null")


def other_hypervisor_runs(probe):
    probe.values["machdep.xen.version"] = "4.18.4"
    probe.edit("/boot.cfg", "/xen420.gz", "/xen.gz")
    probe.write("/xen.gz", b"x")


def uefi_without_multiboot2(probe):
    probe.values["machdep.bootmethod"] = "UEFI"


def shadowed(probe):
    probe.values["machdep.bootmethod"] = "UEFI"
    probe.said("/sbin/mount", "ptyfs on", "/dev/dk0 on /efi type msdos (local)\nptyfs on")
    probe.write("/efi/EFI/NetBSD/boot.cfg", "menu=x:boot netbsd\n")


# On a finished dom0: the change, and the only problems that it makes.
ONE_THING_WRONG = [
    # 1 to 5: the menu
    (menu("console=pc", "console=pc " + "x" * 60), ["command_too_long"]),
    (menu("timeout=5", "load=/miniroot.kmod"), ["global_module", "missing_file"]),
    (menu("menu=NetBSD", "menu=NetBSD #1"), ["dropped_no_colon", "default_out_of_range", "no_native_entry"]),
    (menu("timeout=5", "timeout=never"), ["waits_for_ever"]),
    (menu("dom0_mem=512M", "dom0_mem=512"), ["dom0_mem_unit"]),
    (menu(" dom0_mem=512M", ""), ["dom0_mem_missing"]),
    (no_menu, ["no_menu_file"]),
    # 6
    (lambda probe: probe.write("/boot", b"another loader"), ["loader_differs"]),
    (shadowed, ["shadowed", "needs_multiboot2"]),
    # 7
    (uefi_without_multiboot2, ["needs_multiboot2"]),
    (lambda probe: probe.remove("/netbsd-XEN3_DOM0.gz"), ["missing_file"]),
    (lambda probe: probe.said("/usr/sbin/pkg_info", "xenkernel420", "xenkernel421"), ["packages_missing"]),
    (other_hypervisor_runs, ["versions_differ"]),
    (lambda probe: probe.write("/xen420.gz", b"of the package before"), ["hypervisor_stale"]),
    (lambda probe: probe.write("/boot.cfg", "menu=NetBSD:boot netbsd\ntimeout=5\n"), ["xen_entry_missing"]),
    (menu("default=2", "default=1"), ["xen_not_default"]),
    # 8
    (native_kernel, ["native_kernel_replaced"]),
    (no_native_entry, ["no_native_entry"]),
    # 9
    (lambda probe: probe.edit("/etc/fstab", "kernfs /kern kernfs rw\n", ""), ["kernfs_not_in_fstab"]),
    (lambda probe: probe.edit("/etc/fstab", "kernfs rw", "kernfs rw,noauto"), ["kernfs_not_in_fstab"]),
    (unmounted, ["kernfs_not_mounted"]),
    # 10
    (other_node, ["device_node"]),
    (lambda probe: probe.nodes.pop("/dev/xencons"), ["device_node"]),
    # 11
    (lambda probe: probe.remove("/etc/rc.d/xendomains"), ["rc_script_missing"]),
    (lambda probe: probe.write("/etc/rc.d/xencommons", "#!/bin/sh\n# of 4.15\n"), ["rc_script_stale"]),
    # 12
    (lambda probe: probe.edit(RC_CONF, "xencommons=YES", "xencommons=NO"), ["rcvar_not_set"]),
    (lambda probe: probe.edit(RC_CONF, "sshd=YES", "xend=YES"), ["rcvar_useless"]),
    (lambda probe: probe.edit(RC_CONF, "xendomains=web", "xendomains=YES"), ["xendomains_is_a_switch"]),
    (lambda probe: probe.edit(RC_CONF, "xendomains=web", "xendomains='web db'"), ["domain_config_missing"]),
    # 13
    (lambda probe: probe.said(PS, "xenconsoled", "sleep"), ["daemon_not_running"]),
    (lambda probe: probe.said(PS, "xenstored ", "sleep "), ["daemon_not_running"]),
    # 14
    (many_disks, ["vnd_nodes_short"]),
    (busy_vnds, ["vnd_nodes_short"]),
    # 15
    (no_bridge, ["bridge_missing", "vif_not_in_bridge"]),
    (not_named, ["bridge_not_named"]),
    (no_member, ["bridge_without_member"]),
    (mtu, ["bridge_mtu"]),
    # 16
    (config("memory = 256", "memory = 0X100"), ["domain_config_syntax"]),
    (config("memory = 256\n", "memory = 256\r\n"), ["domain_config_syntax"]),
    (config("bridge=bridge0", "bridge=bridge0,mac=nonsense"), ["domain_config_value"]),
    # 17
    (lambda probe: probe.remove("/srv/web.img"), ["disk_unusable"]),
    (second_guest('name = "db"\ndisk = [ "/srv/web.img,raw,xvda,rw" ]\n'), ["disk_shared"]),
    (second_guest('name = "db"\ndisk = [ "/srv/web.img,raw,xvda,ro" ]\n', listed=False), ["disk_shared"]),
    (mounted_disk, ["disk_mounted"]),
    # 18
    (unheeded, ["shutdown_unheeded"]),
    # 19
    (config("memory = 256", 'memory = 256\npci = [ "03:00.0" ]'), ["pci_with_xl"]),
    (hidden_badly, ["pciback_not_hidden"]),
    (menu("console=pc", "pciback.hide=03:00.0"), ["pciback_syntax"]),
    # 20
    (config("memory = 256", "memory = 4000"), ["memory_short"]),
    # 21
    (lambda probe: probe.write("/usr/pkg/etc/xen/scripts/block", "# mine\n"), ["hotplug_script_stale"]),
    # 22
    (packed_32bit, ["guest_32bit"]),
    # 23
    (lost, ["guest_lost"]),
    (vif_out_of_its_bridge, ["vif_not_in_bridge"]),
]


@pytest.mark.parametrize("change, expected", ONE_THING_WRONG, ids=["+".join(case[1]) for case in ONE_THING_WRONG])
def test_one_thing_wrong(change, expected, tmp_path):
    probe = hosts.dom0(tmp_path)
    change(probe)
    assert sorted(set(ids(probe))) == sorted(expected)


def test_every_problem_has_all_that_is_promised(tmp_path):
    for number, (change, _expected) in enumerate(ONE_THING_WRONG):
        probe = hosts.dom0(tmp_path / str(number))
        change(probe)
        for problem in look(probe)["problems"]:
            assert sorted(problem) == ["cure", "id", "number", "severity", "what", "why"]
            assert problem["severity"] in ("error", "warning", "info")
            assert 1 <= problem["number"] <= 23
            for field in ("what", "why", "cure"):
                assert problem[field].endswith("."), problem
                assert "  " not in problem[field]


class TestOtherHosts:
    def test_bare(self, tmp_path):
        assert ids(hosts.bare(tmp_path)) == ["packages_missing"]

    def test_bare_with_a_version(self, tmp_path):
        (problem,) = look(hosts.bare(tmp_path), "4.20")["problems"]
        assert problem["what"] == "Xen 4.20 is not installed: xenkernel420 and xentools420 missing."
        assert "xentools420" in problem["cure"]

    def test_packages_and_nothing_else(self, tmp_path):
        found = ids(hosts.with_packages(hosts.bare(tmp_path)))
        assert sorted(set(found)) == [
            "kernfs_not_in_fstab", "kernfs_not_mounted", "rc_script_missing", "rcvar_not_set", "xen_entry_missing",
            "xen_not_running",
        ]  # fmt: skip

    def test_prepared(self, tmp_path):
        """All is in place for the reboot: nothing is wrong, and one step is left."""
        (problem,) = look(hosts.prepared(tmp_path))["problems"]
        assert (problem["id"], problem["severity"]) == ("xen_not_running", "info")

    def test_a_guest_of_xen(self, tmp_path):
        probe = hosts.prepared(tmp_path)
        probe.values["machdep.hypervisor"] = "XenHVM"
        probe.write("/kern/xen/xenbus", "")
        (problem,) = look(probe)["problems"]
        assert (problem["id"], problem["severity"]) == ("xen_not_running", "error")

    def test_dom0_that_lost_its_privcmd(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.remove("/kern/xen/privcmd")
        (tmp_path / "kern/xen").rmdir()
        assert "privcmd_missing" in ids(probe)

    def test_upgrade(self, tmp_path):
        found = ids(hosts.dom0(tmp_path, "4.18"), "4.20")
        assert "other_xentools" in found and "packages_missing" in found

    def test_xend_with_xl(self, tmp_path):
        probe = hosts.dom0(tmp_path, "4.2", "7.0")
        probe.edit(RC_CONF, "sshd=YES", "xend=YES")
        assert "xend_beside_xl" in ids(probe)

    def test_rcvar_of_41(self, tmp_path):
        """The script xencommons of 4.1 looks at xend."""
        probe = hosts.prepared(tmp_path, "4.1", "6.1")
        assert sorted(set(ids(probe))) == ["rcvar_not_set", "rcvar_useless", "xen_not_running"]
        probe.edit(RC_CONF, "xencommons=YES", "xend=YES")
        assert ids(probe) == ["xen_not_running"]

    def test_installed_on_the_wrong_machine(self, tmp_path):
        probe = hosts.with_packages(hosts.bare(tmp_path, machine="i386"))
        assert "machine_unsupported" in ids(probe)

    def test_older_xen_runs_32bit_guests(self, tmp_path):
        probe = hosts.dom0(tmp_path, "4.15", "9.3")
        packed_32bit(probe)
        assert ids(probe) == []

    def test_xm_reads_python(self, tmp_path):
        probe = hosts.prepared(tmp_path, "3.3", "5.1")
        probe.edit(RC_CONF, "xencommons=YES", "xend=YES\nxenbackendd=YES")
        probe.edit(WEB, "memory = 256", "memory = 128 * 2")
        assert ids(probe) == ["xen_not_running"]

    def test_linux_has_no_problems_of_netbsd(self, tmp_path):
        assert ids(hosts.linux_dom0(tmp_path)) == []


class TestQuiet:
    """What looks like a problem, and is none."""

    @pytest.mark.parametrize(
        "change",
        [
            config("bridge=bridge0", "script=vif-ip,ip=10.0.0.2"),
            config("bridge=bridge0", "gatewaydev=wm0,script=vif-route"),
            config('"/srv/web.img,raw,xvda,rw"', '"script=block-iscsi,vdev=xvda,target=iqn.x"'),
            config('kernel = "/srv/kernel"', 'type = "pvh"\nkernel = "/srv/kernel"'),
            second_guest('name = "db"\n'),
            second_guest("this is no config\n", listed=False),
            lambda probe: probe.edit(RC_CONF, "sshd=YES", "xenbackendd=NO"),
            lambda probe: probe.write("/usr/pkg/etc/xen/web~", 'name = "web"\ndisk = [ "/srv/web.img,raw,xvda,rw" ]\n'),
            lambda probe: probe.write("/kern/xen/pci/0000:03:00.0", "vendor: 0x8086\n"),
            lambda probe: probe.remove("/usr/mdec/boot"),
        ],
    )
    def test_nothing_to_say(self, change, tmp_path):
        probe = hosts.dom0(tmp_path)
        change(probe)
        assert ids(probe) == []

    def test_read_only_disks_may_be_shared(self, tmp_path):
        probe = hosts.dom0(tmp_path)
        probe.edit(WEB, "xvda,rw", "xvda,ro")
        second_guest('name = "db"\ndisk = [ "/srv/web.img,raw,xvda,ro" ]\n')(probe)
        assert ids(probe) == []


class TestTable:
    def test_every_check_is_provoked(self):
        """A check that no test here names is no check."""
        with open(__file__, encoding="utf-8") as stream:
            text = stream.read()
        missing = [check.id for check in _preflight.CHECKS if f'"{check.id}"' not in text]
        assert missing == []

    def test_ids_are_unique(self):
        names = [check.id for check in _preflight.CHECKS] + list(_preflight_boot.MENU_PROBLEMS)
        assert len(names) == len(set(names))

    def test_every_id_is_documented_under_its_number(self):
        numbers = {check.id: check.number for check in _preflight.CHECKS}
        numbers.update(_preflight_boot.MENU_PROBLEMS)
        yaml = pytest.importorskip("yaml")
        returned = yaml.safe_load(xen_host_info.RETURN)["problems"]["contains"]["id"]["description"]
        documented = {}
        for paragraph in returned[1:]:
            number = int(paragraph.split(",")[0])
            documented.update((name, number) for name in re.findall(r"C\(([a-z0-9_]+)\)", paragraph) if "_" in name)
            documented.update((name, number) for name in re.findall(r"C\((shadowed)\)", paragraph))
        assert documented == numbers

    def test_all_23_are_there(self):
        numbers = {check.number for check in _preflight.CHECKS} | set(_preflight_boot.MENU_PROBLEMS.values())
        assert numbers == set(range(1, 24))

    @pytest.mark.parametrize("validator", [_boot_rules, _bootcfg_check, _menulst_check])
    def test_all_problems_of_the_menu_have_a_number(self, validator):
        with open(validator.__file__, encoding="utf-8") as stream:
            named = re.findall(r'(?:Problem|problem)\(\s*(?:entry,\s*)?"([a-z0-9_]+)"', stream.read())
        assert named
        assert [name for name in named if name not in (*_preflight_boot.MENU_PROBLEMS, "dropped_")] == []


class TestFailing:
    @pytest.mark.parametrize(
        "change, fail_on, fails",
        [
            (None, "warning", False),
            (lambda probe: probe.remove("/srv/web.img"), "none", False),
            (lambda probe: probe.remove("/srv/web.img"), "error", True),
            (no_member, "error", False),
            (no_member, "warning", True),
        ],
    )
    def test_severity(self, change, fail_on, fails, tmp_path):
        probe = hosts.dom0(tmp_path)
        if change:
            change(probe)
        if not fails:
            assert look(probe, subsets=["host"], fail_on=fail_on)["host"]
            return
        with pytest.raises(HostError) as caught:
            look(probe, subsets=["host"], fail_on=fail_on)
        assert caught.value.details["error_id"] == "preflight"
        assert caught.value.details["problems"]
        assert "[disk_unusable]" in caught.value.message or "[bridge_without_member]" in caught.value.message

    def test_a_step_that_is_left_is_no_reason(self, tmp_path):
        assert look(hosts.prepared(tmp_path), fail_on="warning")["problems"]
