# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The xm toolstack: what it prints is read, what it refuses is told, what hangs is ended.

The outputs are laid out by the format strings of xm_brief_list() (main.py of Xen 3.1 and 4.2) and of PrettyPrint.
"""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    CommandError,
    ConfigSyntaxError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _savefile
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import (
    _listing,
    _toolstack,
    _xl,
    _xm,
    _xm_domain,
    _xm_listing,
)
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._xm_commands import Commands3

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus" / "listl"
HEADER_31 = f"{'Name':<40} {'ID':>3} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}"
HEADER_41 = f"{'Name':<40} {'ID':>5} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}"
DOMAIN = """(domain
    (domid 7)
    (cpu_weight 512)
    (cpu_cap 50)
    (on_crash restart)
    (uuid e430b4b8-dc91-9390-dfe0-b83c138ea0aa)
    (bootloader_args )
    (vcpus 4)
    (name web)
    (cpus ((0 1) (0 1) (2) (2)))
    (on_reboot restart)
    (on_poweroff destroy)
    (maxmem 256)
    (memory 128)
    (shadow_memory 0)
    (start_time {start})
    (online_vcpus 2)
    (image (linux (kernel /netbsd) (ramdisk /rd) (args 'root=xbd0 ') (notes (LOADER generic))))
    (status 2)
    (state -b----)
    (device (vif (bridge bridge0) (mac aa:00:00:30:8d:9d) (vifname web0) (rate 50000,50000) (uuid x) (backend 0)))
    (device (vif (type ioemu) (mac aa:00:00:30:8d:9e) (backend 3)))
    (device (console (protocol vt100) (location 2)))
    (device (vbd (dev 0x1:disk) (uname file:/srv/web.img) (mode w) (backend 0) (VDI )))
    (device (vbd (dev hdc:cdrom) (uname phy:/dev/cd0a) (mode r)))
    (device (tap (dev sda1) (uname tap:qcow:/srv/web.qcow) (mode w!) (backend store)))
    (device (vfb (type vnc) (vnclisten 0.0.0.0) (vncunused 1) (keymap de)))
    (device (pci (backend 0) (dev (domain 0x0000) (bus 0x01) (slot 0x1f) (func 0x2) (vdevfn 0x20) (key x))))
)
(domain (name sleeping) (uuid 1) (memory 64) (vcpus 1) (image (hvm (kernel hvmloader))))
"""


def line(name="web", domid="7", memory=128, vcpus=1, state="-b----", seconds=1.5, width=5):
    return f"{name:<40} {domid:>{width}} {memory:>5} {vcpus:>5} {state:>10} {seconds:>8.1f}"


def listing(*lines, header=HEADER_41):
    return _xm_listing.parse_list("\n".join([header, line("Domain-0", "0", 512, 1, "r-----"), *lines]) + "\n")


class TestListing:
    @pytest.mark.parametrize("header, width", [(HEADER_31, 3), (HEADER_41, 5)])
    def test_rows(self, header, width):
        web = listing(line(width=width), header=header).rows[1]
        assert web == ("web", 7, 128, 1, "running", 1.5)

    @pytest.mark.parametrize(
        "state, expected",
        [
            ("r-----", "running"),
            ("------", "running"),
            ("--p---", "paused"),
            ("---s--", "shutdown"),
            ("---sc-", "crashed"),
            ("----c-", "crashed"),
            ("-----d", "dying"),
            ("---s-d", "dying"),
        ],
    )
    def test_states(self, state, expected):
        assert listing(line(state=state)).rows[1].state == expected

    def test_long_names_and_blanks(self):
        names = ["a" * 60, "a name", "Domain-0 web", "web 12"]
        assert [row.name for row in listing(*map(line, names)).rows[1:]] == names

    def test_what_xend_only_remembers(self):
        found = listing(line("kept", "", state=""), line("old", "-1", state="------"), line())
        assert [row.name for row in found.rows] == ["Domain-0", "web"]
        assert found.inactive == ["kept", "old"]

    @pytest.mark.parametrize("text", ["", "Error: x\n", HEADER_41 + "\nweb -b---- 1.5\n"])
    def test_what_is_no_listing(self, text):
        with pytest.raises(XenError, match="xm list"):
            _xm_listing.parse_list(text)


def told(text=DOMAIN):
    config = _xm_domain.configuration(_xm_domain.domains(text)[0])
    values = {option.name: option.live(config) for option in _options.TABLE}
    return config, values


class TestDomain:
    def test_the_getters_read_it_as_they_read_libxl(self):
        config, values = told()
        expected = {
            "type": "pv",
            "uuid": "e430b4b8-dc91-9390-dfe0-b83c138ea0aa",
            "kernel": "/netbsd",
            "ramdisk": "/rd",
            "memory": 128,
            "maxmem": 256,
            "vcpus": 2,
            "maxvcpus": 4,
            "cpus": ["0-1", "0-1", "2", "2"],
            "on_crash": "restart",
        }
        assert {name: values[name] for name in expected} == expected
        assert _live.kernel_line(config) == "root=xbd0"
        assert config["b_info"]["sched_params"] == {"sched": "credit", "weight": 512, "cap": 50}

    def test_disks(self):
        disks = told()[1]["disks"]
        assert [(disk.vdev, disk.target, disk.format, disk.access, disk.cdrom) for disk in disks] == [
            ("0x1", "/srv/web.img", "raw", "w", False),
            ("hdc", "/dev/cd0a", "raw", "r", True),
            ("sda1", "/srv/web.qcow", "qcow", "w", False),
        ]
        assert disks[2].backend == "store"

    def test_vifs(self):
        first, second = told()[1]["vifs"]
        assert (first.mac, first.bridge, first.vifname, first.type) == ("aa:00:00:30:8d:9d", "bridge0", "web0", "vif")
        assert first.rate
        assert (second.type, second.backend) == ("ioemu", "3")

    def test_other_devices(self):
        values = told()[1]
        assert [(pci.bdf, pci.vslot) for pci in values["pci"]] == [("0000:01:1f.2", "04")]
        (vfb,) = values["vfb"]
        assert (vfb.vnc, vfb.vnclisten, vfb.vncunused, vfb.keymap) == (True, "0.0.0.0", True, "de")

    def test_hvm(self):
        text = (
            "(domain (domid 3) (name w) (uuid 596a5d2171f48fb2e068e2386a5c413e) (vcpus 2) (memory 512) (maxmem 512)"
            " (image (hvm (kernel /usr/lib/xen/boot/hvmloader) (boot dc) (serial none)))"
            " (device (vfb (vnc 1) (vncdisplay 5) (vncpasswd secret))))"
        )
        config, values = told(text)
        assert values["uuid"] == "596a5d21-71f4-8fb2-e068-e2386a5c413e"
        assert (values["type"], values["vnc"], values["vncdisplay"], values["serial"]) == ("hvm", 1, 5, [])
        assert config["b_info"]["type.hvm"]["boot"] == "dc"

    @pytest.mark.parametrize("cpus, expected", [("(cpus (()))", []), ("", []), ("(cpus (0 2))", ["0,2", "0,2"])])
    def test_pinning(self, cpus, expected):
        assert told(f"(domain (domid 3) (vcpus 2) (name w) {cpus})")[1]["cpus"] == expected

    def test_numbers_that_are_none(self):
        with pytest.raises(XenError, match="web"):
            told("(domain (domid 3) (name web) (vcpus many))")

    def test_a_listing_that_is_cut_short(self):
        with pytest.raises(ConfigSyntaxError, match="does not end"):
            _xm_domain.domains(DOMAIN[:300])

    def test_a_save_file(self, tmp_path):
        sxp = "(domain (domid 7) (name web) (vcpus 1) (memory 64))"
        path = tmp_path / "web.save"
        path.write_bytes(b"LinuxGuestRecord" + struct.pack("!i", len(sxp)) + sxp.encode() + b"\0" * 100)
        assert _savefile.configuration(str(path))["c_info"]["name"] == "web"
        for broken in (b"LinuxGuestRecord", b"LinuxGuestRecord\0\0\0\x05(doma", b"LinuxGuestRecord\0\0\0\x02()"):
            path.write_bytes(broken)
            assert _savefile.configuration(str(path)) is None


@pytest.fixture
def fake(tmp_path):
    """An xm that is a shell script."""

    def make(script):
        path = tmp_path / "xm"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return _xm.Xm(str(path))

    return make


def failing(text, code=1):
    return f"cat >&2 <<'END'\n{text}\nEND\nexit {code}\n"


class TestXm:
    def test_missing(self, monkeypatch):
        monkeypatch.setattr(_host, "find_program", lambda program: None)
        with pytest.raises(HostError) as caught:
            _xm.Xm()
        assert caught.value.details["error_id"] == "toolstack_missing"

    def test_reads(self, fake, tmp_path):
        outputs = {
            "list": "\n".join([HEADER_41, line("Domain-0", "0"), line()]),
            "list --long": "(domain (domid 0) (name Domain-0) (vcpus 1))\n" + DOMAIN.format(start=time.time() - 100),
            "info": "free_memory            : 300\nxen_major              : 4\n",
        }
        for name, text in outputs.items():
            (tmp_path / name).write_text(text)
        xm = fake(f"cat '{tmp_path}'/\"$*\"\n")
        assert [row.name for row in xm.listing()] == ["Domain-0", "web"]
        assert sorted(xm.configurations()) == [0, 7]
        assert xm.info() == {"free_memory": "300", "xen_major": "4"}
        assert list(xm.uptimes()) == [7]
        assert 99 <= xm.uptimes()[7] <= 110

    @pytest.mark.parametrize(
        "said, error_id",
        [
            ("Error: Unable to connect to xend: No such file or directory. Is xend running?", "daemons_down"),
            ("Error: Unable to connect to xend: Connection refused. Is xend running?", "daemons_down"),
            ("Xend has probably crashed!  Invalid or missing HTTP status code.", "daemons_down"),
            ("Error: Most commands need root access. Please try again as root.", "not_root"),
        ],
    )
    def test_a_host_that_cannot(self, fake, monkeypatch, said, error_id):
        monkeypatch.setattr(_host, "no_xen_reason", lambda: None)
        with pytest.raises(HostError) as caught:
            fake(failing(said)).listing()
        assert caught.value.details["error_id"] == error_id

    def test_no_xen(self, fake, monkeypatch):
        monkeypatch.setattr(_host, "no_xen_reason", lambda: "boot Xen.")
        with pytest.raises(HostError, match="boot Xen") as caught:
            fake(failing("Error: Unable to connect to xend: No such file or directory.")).run(["xm", "info"])
        assert caught.value.details["error_id"] == "no_xen"

    def test_a_hanging_xend(self, fake, monkeypatch):
        monkeypatch.setattr(_xm, "_LIST_SECONDS", 0.3)
        with pytest.raises(HostError, match="does not answer") as caught:
            fake("exec sleep 600\n").listing()
        assert caught.value.details["error_id"] == "daemons_down"

    def test_an_error_without_the_usage(self, fake):
        text = "Error: Domain 'web' does not exist.\n\nUsage: xm pause <Domain>\n\nPause execution of a domain."
        with pytest.raises(CommandError, match="exit code 3: Domain 'web' does not exist.$"):
            fake(failing(text, 3)).run(["xm", "pause", "web"])

    def test_an_error_with_exit_code_0(self, fake):
        with pytest.raises(CommandError, match="No domain given"):
            fake(failing("Error: No domain given.", 0)).run(["xm", "sched-credit", "-w", "5"])

    def test_a_listing_is_tried_again(self, fake, tmp_path, monkeypatch):
        monkeypatch.setattr(_xm, "_RETRY_PAUSE", 0)
        (tmp_path / "out").write_text("\n".join([HEADER_31, line()]))
        once = f"test -e '{tmp_path}/again' || {{ touch '{tmp_path}/again'; exit 1; }}\n"
        assert len(fake(once + f"cat '{tmp_path}/out'\n").listing()) == 1

    def test_a_listing_is_not_tried_for_ever(self, fake, monkeypatch):
        monkeypatch.setattr(_xm, "_RETRY_PAUSE", 0)
        with pytest.raises(CommandError, match="it said nothing"):
            fake("exit 1\n").listing()

    def test_a_name_that_xend_keeps(self, fake, tmp_path):
        (tmp_path / "out").write_text("\n".join([HEADER_41, line("web", "", state="")]))
        script = f"test $1 = list && exec cat '{tmp_path}/out'\n" + failing("Error: Domain 'web' already exists")
        with pytest.raises(CommandError, match="xm delete web"):
            fake(script).run(["xm", "create", "/x"])

    def test_affinities(self, fake, tmp_path):
        text = (
            f"{'Name':<32} {'ID':>5} {'VCPU':>5} {'CPU':>5} {'State':>5} {'Time(s)':>9} CPU Affinity\n"
            f"{'web':<32} {7:>5} {0:>5} {1:>5} {'-b-':>5}  {1.5:>8.1f} any cpu\n"
            f"{'web':<32} {7:>5} {1:>5} {'-':>5} {'--p':>5}  {0:>8.1f} 0,2-3\n"
        )
        (tmp_path / "out").write_text(text)
        assert fake(f"cat '{tmp_path}/out'\n").affinities("web") == [("all", "all"), ("0,2-3", "all")]

    def test_commands_of_a_version(self):
        assert _xm.Xm.safe_commands({"xen_major": "3", "xen_minor": "1"}) is Commands3
        assert _xm.Xm.safe_commands({"xen_major": "4", "xen_minor": "1"}) is _xm.Commands

    def test_validate(self, fake):
        xm = fake(
            "test $1$2 = create-n || exit 9\ngrep -q bad $3 && " + "{ echo Error: bad in $3 >&2; exit 1; }; exit 0"
        )
        xm.validate('name = "web"\n')
        with pytest.raises(BadValue, match="bad in config"):
            xm.validate('name = "bad"\n')

    def test_validate_runs_no_code(self, fake, tmp_path):
        fake(f"touch '{tmp_path}/ran'\n").validate("import os\nname = os.uname()[1]\n")
        assert not (tmp_path / "ran").exists()


def test_both_have_the_same_commands():
    """A plan asks for them by name, whichever toolstack it is for."""
    names = {name for name in vars(_xl.Commands) if not name.startswith("_")}
    assert names <= {name for name in vars(_xm.Commands) if not name.startswith("_")}


@pytest.mark.parametrize(
    "command, expected",
    [
        (_xm.Commands.create("/x", True), "xm create -p /x"),
        (_xm.Commands.restore("/s"), "xm restore /s"),
        (_xm.Commands.shutdown("web", fallback=True), "xm shutdown web"),
        (_xm.Commands.set_memory("web", 512), "xm mem-set web 512"),
        (_xm.Commands.set_vcpus("web", 2, overcommit=True), "xm vcpu-set web 2"),
        (_xm.Commands.set_sched("web", "credit", "weight", 512), "xm sched-credit -d web -w 512"),
        (_xm.Commands.pin_vcpu("web", "all", "0-1"), "xm vcpu-pin web all 0-1"),
        (_xm.Commands.attach_disk("web", "/dev/wd0e,raw,0x1,rw"), "xm block-attach web phy:/dev/wd0e 0x1 w"),
        (_xm.Commands.detach_disk("web", "0x10"), "xm block-detach web 16"),
        (_xm.Commands.detach_disk("web", "xvda"), "xm block-detach web 51712"),
        (_xm.Commands.attach_vif("web", "bridge=b0,ip=10.0.0.1"), "xm network-attach web bridge=b0 ip=10.0.0.1"),
        (_xm.Commands.attach_pci("web", "01:00.0,msitranslate=1"), "xm pci-attach -omsitranslate=1 web 01:00.0"),
    ],
)
def test_commands(command, expected):
    assert " ".join(command) == expected


def test_what_xm_cannot_change_in_a_running_guest():
    for command in (lambda: _xm.Commands.eject_cd("web", "hdc"), lambda: Commands3.detach_vif("web", "x")):
        with pytest.raises(HostError) as caught:
            command()
        assert caught.value.details["error_id"] == "not_in_toolstack"


class TestToolstack:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch, tmp_path):
        self.programs, self.packages = set(), tmp_path / "pkgdb"
        self.packages.mkdir()
        monkeypatch.setattr(_host, "find_program", lambda name: f"/bin/{name}" if name in self.programs else None)
        monkeypatch.setattr(_host, "takes_connections", lambda path: self.xend)
        monkeypatch.setattr(_toolstack, "PACKAGE_DATABASES", (str(self.packages), str(tmp_path / "no")))
        self.xend = False

    @pytest.mark.parametrize(
        "programs, xend, package, expected",
        [
            ("", False, "", "xl"),
            ("xl", False, "xentools420-20250101nb1", "xl"),
            ("xm", False, "xentools33-3.3.2", "xm"),
            ("xl xm", True, "xentools42-4.2.5", "xm"),
            ("xl xm", False, "xentools42-4.2.5", "xl"),
            ("xl xm", False, "xentools41-4.1.6", "xm"),
            ("xl xm", False, "", "xl"),
            ("xl", True, "", "xl"),
        ],
    )
    def test_auto(self, programs, xend, package, expected):
        self.programs, self.xend = set(programs.split()), xend
        if package:
            (self.packages / package).mkdir()
        assert _toolstack.which() == expected
        assert _toolstack.syntax() == {"xl": "xl", "xm": "python"}[expected]
        assert _toolstack.commands().create("/x")[0] == expected
        if programs:
            assert _toolstack.find().name == expected

    def test_commands_of_xen_3(self):
        self.programs = {"xm"}
        (self.packages / "xentools33-3.3.2").mkdir()
        assert _toolstack.commands() is Commands3
        assert _toolstack.find().commands is Commands3

    def test_given(self):
        self.programs = {"xl", "xm"}
        assert (_toolstack.find("xm").name, _toolstack.find("xl").name) == ("xm", "xl")
        self.programs = {"xl"}
        with pytest.raises(HostError):
            _toolstack.find("xm")


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")
class TestCorpus:
    """Listings that other people published; no part of the project."""

    @pytest.mark.parametrize(
        "name, count",
        [
            ("ganeti-xen-xm-list-long-4.0.1.txt", 2),
            ("libvirt-sexpr2xml-pci-devs.sexpr", 1),
            ("xen331-xm-list-l-UbuntuPVS810.sxp", 1),
        ],
    )
    def test_sxp(self, name, count):
        found = [_xm_domain.configuration(domain) for domain in _xm_domain.domains((CORPUS / name).read_text())]
        assert len(found) == count
        for config in found:
            values = {option.name: option.live(config) for option in _options.TABLE}
            assert values["type"] == "pv"
            assert values["memory"] > 0

    def test_sxp_that_its_author_cut_short(self):
        with pytest.raises(ConfigSyntaxError):
            _xm_domain.domains((CORPUS / "blog-xm-list-l-hvm-truncated.sxp.txt").read_text())

    @pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.name)
    def test_json(self, path):
        values = {option.name: option.live(json.loads(path.read_text())) for option in _options.TABLE}
        assert values["disks"][0].vdev in ("xvda", "hda")

    def test_lists(self):
        for path in CORPUS.glob("*-list-4*.txt"):
            read = _xm_listing.parse_list if "-xm-" in path.name else _listing.parse_list
            assert read(path.read_text())
        assert _listing.parse_info((CORPUS / "ganeti-xen-xm-info-4.0.1.txt").read_text())["xen_major"] == "4"
