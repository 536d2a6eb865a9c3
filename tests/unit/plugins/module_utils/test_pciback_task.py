# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_pciback on both kinds of host: what it does, what it tells, and what it refuses."""

from __future__ import annotations

import gzip
import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.pci import _pciback_task
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.hostinfo_support import bare
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_pci_functions import (  # noqa: F401 # pylint: disable=unused-import # a fixture
    LISTED,
    MESSAGES,
    SSH,
    linux,  # noqa: F401 - a fixture
)

BOOT_CFG = """\
# mine
menu=NetBSD:boot netbsd
menu=Xen:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen.gz dom0_mem=512M
menu=Old:load /netbsd-XEN3_DOM0.gz console=pc pciback.hide=(0:1f.3);multiboot /xen.gz dom0_mem=512M
default=2
timeout=5
"""
MENU_LST = """\
default 0
timeout 5
title Xen
kernel /xen.gz dom0_mem=256M
module /netbsd-XEN3_DOM0 console=pc
title NetBSD
kernel --type=netbsd /netbsd
"""
DEFAULTS = {
    "policy": "exact", "entries": None, "force": False, "loader": "boot.cfg", "path": None, "backup": False,
}  # fmt: skip
CARD, OTHER, SMBUS, DISK = "0000:12:00.1", "0000:12:00.0", "0000:00:1f.3", "0000:00:1f.2"


class View:
    """A host's domains."""

    def __init__(self, virt_caps="pv hvm", toolstack="xl", problem=None):
        self.rows, self.running, self.files = [], {}, {}
        self.problem = problem
        self.ran = []
        self.toolstack = None if problem else self
        self.name = toolstack
        self.virt_caps = virt_caps
        self.react = lambda command: None

    def configurations(self):
        return self.running

    def configs(self):
        return self.files

    def info(self):
        return {"virt_caps": self.virt_caps} if self.virt_caps else {}

    def run(self, command, timeout=0.0):
        self.ran.append(" ".join(command))
        self.react(command)
        return _command.Result(0, "", "")

    def guest(self, name, running=(), configured=()):
        domid = len(self.rows) + 1
        if running:
            self.rows.append(_listing.Row(name, domid, 64, 1, "running", 1.0))
            self.running[domid] = {"pcidevs": [live(bdf) for bdf in running]}
        if configured:
            pci = ", ".join(f'"{spec}"' for spec in configured)
            path = f"/etc/xen/{name}"
            self.files[path] = _configfile.parse(f'name = "{name}"\npci = [ {pci} ]\n', path)


def live(bdf):
    _domain, bus, rest = bdf.split(":")
    device, function = rest.split(".")
    return {"bus": int(bus, 16), "dev": int(device, 16), "func": int(function), "vfunc_mask": 1}


class Host:
    """A NetBSD host with a boot menu."""

    def __init__(self, root, probe):
        self.root, self.probe = root, probe
        self.view = View()
        self.menu = root / "boot.cfg"
        self.write(BOOT_CFG)

    def write(self, text):
        self.menu.write_text(text)

    def hidden(self, *bdfs):
        self.probe.write("/kern/xen/privcmd", "")
        for bdf in bdfs:
            self.probe.write(f"/kern/xen/pci/{bdf}", "vendor: 0x8086\nproduct: 0x10d3\n")

    def run(self, devices, check=False, environment=None, **more):
        params = {**DEFAULTS, "path": str(self.menu), "devices": devices, **more}
        return _pciback_task.BootTask(
            params, check, self.probe, self.view, SSH if environment is None else environment
        ).run()

    def line(self, entry="Xen"):
        return next(line for line in self.menu.read_text().splitlines() if line.startswith(f"menu={entry}:"))

    def refuses(self, error_id, devices, **more):
        before = self.menu.read_text() if self.menu.exists() else None
        with pytest.raises(XenError) as caught:
            self.run(devices, **more)
        assert caught.value.details["error_id"] == error_id, caught.value
        assert (self.menu.read_text() if self.menu.exists() else None) == before
        return str(caught.value)


@pytest.fixture
def host(tmp_path, monkeypatch):
    probe = bare(tmp_path / "root")
    probe.write("/var/run/dmesg.boot", MESSAGES)
    probe.command("/usr/sbin/pcictl pci0 list -n -b any", LISTED)
    probe.values["kern.root_device"] = "wd0"
    monkeypatch.setattr(_pciback_task._boot_host, "is_file", lambda path: True)
    return Host(tmp_path, probe)


def device(result, bdf):
    return next(found for found in result["devices"] if found["bdf"] == bdf)


class TestBoot:
    def test_hide(self, host):
        planned = host.run(["12:0.1", "0000:12:00.1"], check=True)
        assert host.menu.read_text() == BOOT_CFG
        done = host.run(["12:0.1", "0000:12:00.1"])
        assert planned == done
        assert done["actions"] == ["hide 12:00.1 in boot entry 'Xen'"]
        assert host.menu.read_text() == BOOT_CFG.replace("console=pc;", "console=pc pciback.hide=(12:00.1);", 1)
        assert done["diff"][0]["after"] == host.menu.read_text()
        again = host.run([CARD])
        assert (again["changed"], again["actions"], again["diff"]) == (False, [], [])

    def test_the_three_truths(self, host):
        host.hidden(SMBUS)
        host.view.guest("web", running=[SMBUS], configured=[SMBUS, CARD])
        result = host.run([CARD])
        card = device(result, CARD)
        assert (card["next_boot"], card["hidden"], card["assignable"]) == (True, False, False)
        assert card["domains"] == [{"domain": "web", "config": "/etc/xen/web", "in_config": True, "running": False}]
        assert (card["vendor"], card["product"], card["class"], card["driver"]) == (
            "0x8086", "0x10d3", "0x0200", "pciback0",
        )  # fmt: skip
        smbus = device(result, SMBUS)
        assert (smbus["next_boot"], smbus["hidden"], smbus["assignable"]) == (False, True, False)
        assert smbus["domains"][0]["running"]
        assert result["hidden"] == [SMBUS]
        assert result["reboot_required"]
        assert result["reboot_reasons"] == ["00:1f.3 hidden now, and 12:00.1 after the next boot (Xen)"]

    def test_as_it_is_after_the_reboot(self, host):
        host.run([CARD])
        host.hidden(CARD)
        result = host.run([CARD])
        assert not result["reboot_required"]
        assert device(result, CARD)["assignable"]

    def test_a_host_that_runs_without_xen(self, host):
        host.view.problem = HostError("no Xen")
        result = host.run([CARD])
        assert result["hidden"] is None
        assert device(result, CARD)["assignable"] is None
        assert result["reboot_reasons"] == ["the host runs without Xen, and entry 'Xen' hides 12:00.1"]

    def test_append_and_exact(self, host):
        assert "pciback.hide=(00:1f.3)(12:00.1);" in self.hide(host, [CARD], policy="append", entries=["Old"])
        assert "pciback.hide=(12:00.1);" in self.hide(host, [CARD], entries=["Old"])
        assert "pciback" not in self.hide(host, [], entries=["Old"])

    @staticmethod
    def hide(host, devices, **more):
        assert host.run(devices, **more)["changed"]
        return host.line("Old")

    def test_the_order_of_the_line_is_not_changed_for_its_own_sake(self, host):
        host.write(BOOT_CFG.replace("(0:1f.3)", "(12:00.1)(0:1f.3)"))
        assert not host.run([SMBUS, CARD], entries=["Old"])["changed"]

    def test_only_to_look(self, host):
        host.write(BOOT_CFG.replace("default=2", "default=3"))
        result = host.run([], policy="append")
        assert not result["changed"]
        assert result["boot"] == [
            {"entry": "Xen", "number": 2, "devices": [], "room": 3, "next": False},
            {"entry": "Old", "number": 3, "devices": [SMBUS], "room": 3, "next": True},
        ]

    def test_to_look_needs_no_entry_with_xen(self, host):
        host.write(BOOT_CFG.replace("default=2", "default=1"))
        result = host.run([], policy="append")
        assert (result["changed"], result["reboot_required"], len(result["boot"])) == (False, False, 2)

    def test_several_entries_in_one_go(self, host):
        result = host.run([CARD], entries=["Xen", "Old"])
        assert len(result["actions"]) == 2
        assert result["diff"][0]["before"] == BOOT_CFG
        assert host.line("Xen").count("(12:00.1)") == host.line("Old").count("(12:00.1)") == 1

    def test_a_line_that_the_kernel_does_not_understand_is_put_right(self, host):
        host.write(BOOT_CFG.replace("(0:1f.3)", "(00:1f.3),(12:00.1)"))
        assert "pciback.hide=(00:1f.3)(12:00.1);" in self.hide(host, [SMBUS, CARD], entries=["Old"])

    def test_menu_lst(self, host):
        host.write(MENU_LST)
        result = host.run([CARD], loader="menu.lst")
        assert "module /netbsd-XEN3_DOM0 console=pc pciback.hide=(12:00.1)\n" in host.menu.read_text()
        assert result["boot"][0]["room"] == 7

    def test_a_backup(self, host):
        assert os.path.isfile(host.run([CARD], backup=True)["backup_file"])

    @pytest.mark.parametrize(
        ("caps", "iommu", "says"),
        [("pv hvm", False, "uses no IOMMU"), (None, None, "does not say"), ("pv pv_directio", True, None)],
    )
    def test_the_iommu(self, host, caps, iommu, says):
        host.view.virt_caps = caps
        result = host.run([CARD])
        assert result["iommu"] is iommu
        told = [warning for warning in result["warnings"] if "memory of the machine" in warning]
        assert (says in told[0]) if says else not told
        assert not [warning for warning in host.run([CARD])["warnings"] if "memory of the machine" in warning]

    def test_xl_on_netbsd_cannot_pass_it_on(self, host):
        assert any("xl cannot pass" in warning for warning in host.run([CARD])["warnings"])
        host.write(BOOT_CFG)
        host.view.name = "xm"
        assert not any("xl cannot pass" in warning for warning in host.run([CARD])["warnings"])

    def test_a_host_that_cannot_list_its_functions(self, host):
        host.probe.remove("/usr/sbin/pcictl")
        result = host.run(["55:00.0"])
        assert any("pcictl" in warning for warning in result["warnings"])

    def test_in_check_mode_an_earlier_task_may_write_the_entry(self, host):
        host.write(BOOT_CFG.replace("default=2", "default=1"))
        result = host.run([CARD], check=True)
        assert result["actions"] == ["hide 12:00.1 in the boot entry that is still to be written"]


class TestRefused:
    @pytest.mark.parametrize("text", ["3:00", "0001:03:00.0", "03:00.9", "x"])
    def test_malformed(self, host, text):
        assert "bus:device.function" in host.refuses("bad_value", [text])

    def test_no_such_device(self, host):
        assert "0000:55:00.0" in host.refuses("device_missing", ["55:00.0"])

    @pytest.mark.parametrize(("bdf", "why"), [(DISK, "root file system"), ("00:19.0", "SSH"), ("00:02.0", "VGA")])
    def test_what_the_host_needs(self, host, bdf, why):
        assert why in host.refuses("device_needed", [bdf])
        assert host.run([bdf], force=True)["changed"]

    def test_what_is_hidden_already_is_not_judged_again(self, host):
        host.run([DISK], force=True)
        assert not host.run([DISK])["changed"]

    def test_too_many_for_the_loader(self, host):
        many = ["00:00.0", "00:1c.0", SMBUS, OTHER]
        message = host.refuses("too_many_devices", many)
        assert "room for 3 of the 4" in message
        assert "79" in message

    def test_too_many_for_the_kernel(self, host):
        host.probe.command(
            "/usr/sbin/pcictl pci0 list -n -b any",
            "".join(f"005:{n:02}:0: 0x10d38086 (0x02000000)\n" for n in range(9)),
        )
        host.write(BOOT_CFG.replace("/netbsd-XEN3_DOM0.gz console=pc", "/n"))
        message = host.refuses("too_many_devices", [f"05:{n:02x}.0" for n in range(8)])
        assert "room for 6 of the 8" in message
        host.write("title Xen\nkernel /xen.gz dom0_mem=256M\nmodule /netbsd\ntitle NetBSD\nkernel /netbsd\n")
        assert "63 characters" in host.refuses(
            "too_many_devices", [f"05:{n:02x}.0" for n in range(8)], loader="menu.lst"
        )

    def test_an_entry_that_is_not_there(self, host):
        assert "'Xen', 'Old'" in host.refuses("entry_missing", [CARD], entries=["Xen 4.20"])

    def test_an_entry_without_xen(self, host):
        host.refuses("not_xen", [CARD], entries=["NetBSD"])
        host.write(BOOT_CFG.replace("default=2", "default=1"))
        assert "boots no Xen" in host.refuses("not_xen", [CARD])

    def test_no_menu(self, host):
        host.menu.unlink()
        host.refuses("no_menu", [CARD])

    def test_two_entries_of_one_name(self, host):
        host.write(BOOT_CFG.replace("menu=Old", "menu=Xen"))
        host.refuses("ambiguous_entry", [CARD], entries=["Xen"])
        host.refuses("ambiguous_entry", [CARD], entries=["Xen"], check=True)

    def test_a_menu_that_would_not_boot(self, host):
        host.write(BOOT_CFG.replace("dom0_mem=512M", "dom0_mem=512", 1))
        host.refuses("would_not_boot", [CARD])

    @pytest.mark.parametrize(
        ("kernel", "fits"),
        [
            (b"NetBSD 10.1 (XEN3_DOM0)", True),
            (b"NetBSD 5.0.2 (XEN3_DOM0)", False),
            (b"NetBSD 10.1 (MY_DOM0)", False),
            (b"NetBSD 10.1 (MY_DOM0) pciback_pci_init: syntax error", True),
        ],
    )
    def test_a_kernel_without_pciback(self, host, kernel, fits):
        host.probe.write("/netbsd-XEN3_DOM0.gz", gzip.compress(b"\x7fELF" + kernel))
        if fits:
            assert host.run([CARD])["changed"]
        else:
            assert "pciback(4)" in host.refuses("no_pciback", [CARD])


class TestLinux:
    @pytest.fixture
    def task(self, linux):  # noqa: F811
        view = View(virt_caps="hvm_directio")

        def react(command):
            bdf = command[-1]
            folder = os.path.realpath(linux.root / f"sys/bus/pci/devices/{bdf}")
            link = linux.root / f"sys/bus/pci/drivers/pciback/{bdf}"
            if command[1] == "pci-assignable-add":
                os.symlink(folder, link)
            else:
                link.unlink()

        view.react = react

        def run(devices, check=False, **more):
            params = {**DEFAULTS, "devices": devices, **more}
            return _pciback_task.RuntimeTask(params, check, linux.probe, view, SSH).run()

        run.view, run.linux = view, linux
        return run

    def test_add_and_remove(self, task):
        task.linux.function("0000:00:06.0", "0x020000", "e1000e")
        planned = task(["00:06.0"], check=True)
        assert task.view.ran == []
        done = task(["00:06.0"])
        assert done["actions"] == task.view.ran == [
            "xl pci-assignable-remove -r 0000:00:05.0", "xl pci-assignable-add 0000:00:06.0",
        ]  # fmt: skip
        assert (planned["actions"], planned["diff"]) == (done["actions"], done["diff"])
        assert done["hidden"] == ["0000:00:06.0"]
        assert not task(["00:06.0"])["changed"]

    def test_append(self, task):
        task.linux.function("0000:00:06.0", "0x020000", "e1000e")
        assert task(["00:06.0"], policy="append")["hidden"] == ["0000:00:05.0", "0000:00:06.0"]

    def test_it_is_hidden_now_and_on_no_boot_line(self, task):
        found = device(task(["00:05.0"]), "0000:00:05.0")
        assert (found["hidden"], found["assignable"], found["next_boot"]) == (True, True, None)
        assert found["driver"] == "pciback"

    def test_what_a_guest_has_is_not_taken(self, task):
        task.view.guest("web", running=["0000:00:05.0"])
        assert not device(task(["00:05.0"]), "0000:00:05.0")["assignable"]
        with pytest.raises(XenError, match="running domain web") as caught:
            task([])
        assert caught.value.details["error_id"] == "device_in_use"
        assert task.view.ran == []

    def test_all_functions_of_a_device_in_a_config(self, task):
        task.view.guest("web", configured=["00:05.*"])
        assert device(task(["00:05.0"]), "0000:00:05.0")["domains"][0]["domain"] == "web"

    @pytest.mark.parametrize(("bdf", "error"), [("00:01.0", "device_needed"), ("55:00.0", "device_missing")])
    def test_refused(self, task, bdf, error):
        with pytest.raises(XenError) as caught:
            task([bdf])
        assert caught.value.details["error_id"] == error
        assert task.view.ran == []

    def test_no_pciback(self, task):
        (task.linux.root / "sys/bus/pci/drivers/pciback").rename(task.linux.root / "elsewhere")
        with pytest.raises(HostError, match="modprobe"):
            task(["00:05.0"])

    def test_entries_are_netbsd_s(self, task):
        with pytest.raises(XenError, match="leave it out"):
            task([], entries=["Xen"])

    def test_what_xl_has_not_done(self, task):
        task.view.react = lambda command: None
        with pytest.raises(XenError, match="and not 0000:00:05.0 0000:01:00.0") as caught:
            task(["00:05.0", "01:00.0"], force=True)
        assert caught.value.details["error_id"] == "not_as_planned"

    def test_no_xen(self, task):
        task.view.problem, task.view.toolstack = HostError("no Xen here"), None
        with pytest.raises(HostError, match="no Xen here"):
            task([])
