# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every parser of the collection, with right texts to damage: what a damaged one may do is to refuse it in order.

A parser of what the host or a guest says meets anything: it answers, or raises the error that its users are shown. Any
other exception would be a traceback, and in a report of many hosts the end of all of them.
"""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_image, _bootcfg
from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridge, _bridgefile
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _xm_config
from ansible_collections.netbsd.xen.plugins.module_utils.console import _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _savefile
from ansible_collections.netbsd.xen.plugins.module_utils.host import _fstab, _ifconfig
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_kernel
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guestttys
from ansible_collections.netbsd.xen.plugins.module_utils.options import (
    _spec_disk,
    _spec_pci,
    _spec_rate,
    _spec_vfb,
    _spec_vif,
    _spec_vnuma,
    _vcpulist,
)
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgin_output, _pkgin_repositories, _pkgsrc
from ansible_collections.netbsd.xen.plugins.module_utils.pci import _pci_netbsd
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_parser
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import _snapshot_store
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_size, _disklabel, _lvm, _partitions, _vnd
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _pyconfig, _sxp, _xlcfg, _xlcfg_parser
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xm_domain, _xm_listing
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade import _upgrade
from ansible_collections.netbsd.xen.plugins.plugin_utils import _fleet_query

LIST = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
ROW = "Domain-0                                     0   768     1     r-----      24.4\n"
CONFIG = (
    "name = \"web\"\nmemory = 0x200 # half\ndisk = [ 'phy:/dev/wd0e,0x1,w', ]\nvif += [ 'mac=00:16:3e:00:00:01' ]\n"
)
PYTHON = CONFIG.replace("vif +=", "vif =") + "import os\nextra = 'a' + \"b\" * 2\nif memory > 3:\n    vcpus = 2\n"
BOOT = "menu=Xen:load /netbsd.gz console=pc;multiboot /xen.gz dom0_mem=512M\nmenu=B:rndseed /r;boot\ndefault=1\n"
GRUB = "default 0\ntimeout 5\ntitle Xen\nkernel (hd0,a)/xen.gz dom0_mem=256M\nmodule (hd0,a)/netbsd console=pc\n"
IFCONFIG = (
    "bridge0: flags=0x41<UP,RUNNING> mtu 1500\nwm0: flags=0x8843<UP,BROADCAST,RUNNING> mtu 1500\n"
    "\taddress: 52:54:00:12:34:56\n\tinet 10.0.2.15 netmask 0xffffff00 broadcast 10.0.2.255\n"
)
BRCONFIG = (
    "bridge0: flags=41<UP,RUNNING>\n\tConfiguration:\n\t\tpriority 32768 hellotime 2 fwddelay 15 maxage 20\n"
    "\tInterfaces:\n\t\twm0 flags=3<LEARNING,DISCOVER>\n\t\t\tport 1 priority 128\n"
)
SXP = """(domain
    (domid 1) (name web) (memory 64) (maxmem 64) (vcpus 2) (online_vcpus 1) (cpus ((0 1) ())) (cpu_weight 256)
    (image (hvm (kernel /usr/lib/hvmloader) (vnc 1) (vncdisplay 2)))
    (device (vif (mac 00:16:3e:00:00:01) (rate 10) (backend 0)))
    (device (vbd (uname phy:/dev/wd0e) (dev xvda:disk) (mode w)))
    (device (pci (dev (domain 0x0) (bus 0x3) (slot 0x0) (func 0x1) (vslot 0x5))))
)
"""
MARK = "mark-1"
FLEET = f"hello\n{MARK} list\n{LIST}{ROW}\n{MARK} status\n0\n{MARK} path\n/a\n{MARK} file\n{CONFIG}\n{MARK} end\n"


class Parser(NamedTuple):
    """
    :ivar name: MODULE.FUNCTION, as it is called in the collection.
    :ivar seeds: right texts.
    :ivar refuses: what it raises for a wrong one, by its docstring.
    """

    name: str
    parse: Callable[[str], Any]
    seeds: Sequence[str]
    refuses: tuple[type[Exception], ...] = (XenError,)


def _bytes(text: str) -> bytes:
    """Characters below 256 as the bytes that they are."""
    return text.encode("latin-1", "ignore")


def _all_of_pkgin_output(text: str) -> None:
    for read in (_pkgin_output.preview, _pkgin_output.errors, _pkgin_output.conflicts, _pkgin_output.no_space):
        read(text)


def _of_a_file(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """What reads a file that it is given the path of."""

    def parse(text: str) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "manifest.json").write_bytes(_bytes(text))
            return read(folder)

    return parse


def _saved(folder: str) -> Any:
    return _savefile.configuration(f"{folder}/manifest.json")


_MBR = "\0" * 446 + "\x80\1\1\0\x83\xfe\xff\xff\x3f\0\0\0\0\x10\0\0" + "\0" * 48 + "\x55\xaa" + "\0" * 512
_LABEL = "\x57\x45\x56\x82" + "\0" * 128 + "\x57\x45\x56\x82" + "\1\0\3\0" + "\0" * 60
_KERNEL = "\x7fELF\2\1\1" + "\0" * 60 + "NetBSD 10.1 (XEN3_DOM0)" + "\0" * 64
_SAVE = "Xen saved domain, xl format\n \0 \r" + "\x04\x03\x02\x01" + "\1\0\0\0" * 3 + '{"name": "web"}'
_MANIFEST = (
    '{"format": 1, "domain": "web", "snapshot": "s", "taken": "", "state": "running", "memory": false, '
    '"paused": false, "disks": []}'
)
_RECORD = _upgrade.dump(_upgrade.Record("4.20", "4.18.3", _upgrade.LEAVING, ())).decode()
PARSERS = (
    Parser("_boot.parse", lambda text: [_boot.problems(_boot.parse(kind, text)) for kind in ("boot.cfg", "menu.lst")],
           (BOOT, GRUB)),
    Parser("_boot_image.identify", lambda text: _boot_image.identify(_bytes(text), "x"), (_KERNEL,)),
    Parser("_bootcfg.split_commands", _bootcfg.split_commands, ("load /netbsd;multiboot /xen.gz",)),
    Parser("_bridge.parse", _bridge.parse, (BRCONFIG,)),
    Parser("_bridgefile.read", lambda text: _bridgefile.read(text, "bridge0"), ("create\n!brconfig $int add wm0\n",)),
    Parser("_configfile.parse", lambda text: _configfile.parse(text, "x"), (CONFIG,)),
    Parser("_disk_size.parse", lambda text: _disk_size.parse("size", text), ("8M", "1.5G", "4096B", "2TiB")),
    Parser("_disklabel.content", lambda text: (_disklabel.name_of(_bytes(text)), _disklabel.content(_bytes(text))),
           (_LABEL, "\0" * 512 + _LABEL)),
    Parser("_fstab.parse", _fstab.parse, ("/dev/wd0a / ffs rw 1 1\nkernfs /kern kernfs rw\n# x\n",)),
    Parser("_fstab.parse_mounts", _fstab.parse_mounts, ("/dev/wd0a on / type ffs (local, log)\n",)),
    Parser("_guestttys.parse_ttys", _guestttys.parse_ttys, ('console "/usr/libexec/getty Pc" vt100 on secure # x\n',)),
    Parser("_ifconfig.parse_interfaces", _ifconfig.parse_interfaces, (IFCONFIG,)),
    Parser("_ifconfig.parse_file", _ifconfig.parse_file, ("up\ninet 10.0.0.1/24\n!route add default 10.0.0.2\n",)),
    Parser("_linux_kernel.machine", lambda text: _linux_kernel.machine(_bytes(text)), ("MZ" + "\0" * 600, _KERNEL)),
    Parser("_listing.parse_list", _listing.parse_list, (LIST + ROW,)),
    Parser("_listing.parse_long", _listing.parse_long, ('[{"domid": 1, "config": {"c_info": {"name": "web"}}}]', "[]")),
    Parser("_listing.parse_uptime", _listing.parse_uptime, ("Name ID Uptime\nweb 1 3 days, 10:00:01\n",)),
    Parser("_listing.parse_info", _listing.parse_info, ("host : xen1\nfree_memory : 900\n",)),
    Parser("_lvm.parse_groups", _lvm.parse_groups, ("  vg0:4194304:62914560\n",)),
    Parser("_lvm.parse_volumes", _lvm.parse_volumes,
           ("  vg0:web:8388608:-wi-a-----:\n  vg0:s:8388608:swi-a-s---:web\n",)),
    Parser("_partitions.read", lambda text: _partitions.read(io.BytesIO(_bytes(text))), (_MBR,)),
    Parser("_pci_netbsd.parse_messages", _pci_netbsd.parse_messages,
           ("wm0 at pci0 dev 3 function 0, 64-bit\npciback0 at pci0 dev 5 function 0\n",)),
    Parser("_pkgin_output.preview", _all_of_pkgin_output,
           ("1 package to install:\n  xenkernel420-20260317\n\n0 to remove, 0 to upgrade, 1 to install\n",)),
    Parser("_pkgin_repositories.urls_in", _pkgin_repositories.urls_in, ("# x\nhttps://cdn.example.org/All\n",)),
    Parser("_pkgsrc.parse_list", _pkgsrc.parse_list, ("xentools420-20260317nb1  Xen tools\n",)),
    Parser("_pyconfig.parse", lambda text: _pyconfig.parse(text, "x").computed(), (PYTHON,)),
    Parser("_rcconf_parser.parse", lambda text: _rcconf_parser.parse(text, "x"),
           ("hostname=xen1 # x\nxendomains=\"web db\"\nif [ -r /x ]; then\n. /x\nfi\n",)),
    Parser("_savefile.configuration", _of_a_file(_saved), (_SAVE,)),
    Parser("_snapshot_store.read", _of_a_file(_snapshot_store.read), (_MANIFEST,)),
    Parser("_spec_disk.parse", _spec_disk.parse, ("phy:/dev/wd0e,0x1,w", "vdev=xvda,format=qcow2,target=/a,b")),
    Parser("_spec_pci.parse", _spec_pci.parse, ("0000:03:00.0@05,permissive=1", "03:00.*")),
    Parser("_spec_rate.parse_rate", _spec_rate.parse_rate, ("10Mb/s@50ms", "1GB/s"), (ValueError, XenError)),
    Parser("_spec_vfb.parse", _spec_vfb.parse, ("vnc=1,vncpasswd=x,vncdisplay=2",)),
    Parser("_spec_vif.parse", _spec_vif.parse, ("mac=00:16:3e:00:00:01,bridge=bridge0,rate=1Mb/s",)),
    Parser("_spec_vnuma.parse", lambda text: _spec_vnuma.parse(text.split("|")),
           ("pnode=0|size=512|vcpus=0-3|vdistances=10,20",)),
    Parser("_sxp.parse", lambda text: (_sxp.parse(text), _sxp.masked(text)), (SXP, "(vncpasswd 'x') # (a b)\n")),
    Parser("_upgrade.load", lambda text: _upgrade.load("/x", _bytes(text)), (_RECORD,)),
    Parser("_values.cpus", lambda text: _values.cpus("cpus", text), ("0-3,^1", "all", "nodes:0")),
    Parser("_vcpulist.parse", lambda text: (_vcpulist.parse(text), _vcpulist.parse_all(text)),
           ("Name ID VCPU CPU State Time(s) Affinity (Hard / Soft)\nweb 1 0 2 -b- 0.5 all / 0-3\n",)),
    Parser("_vnd.parse", _vnd.parse, ("vnd0: /srv/a b.img, 1234, /dev/wd0a\nvnd1: not in use\n",)),
    Parser("_xlcfg.parse", _xlcfg.parse, (CONFIG,)),
    Parser("_xlcfg.to_long", _xlcfg.to_long, ("0x200", " 010", "-7"), (ValueError,)),
    Parser("_xlcfg_parser.parse_statements", lambda text: _xlcfg_parser.parse_statements(text, "x"), (CONFIG,)),
    Parser("_xllog.parse", _xllog.parse,
           ("Waiting for domain web (domid 1) to die [pid 7]\nDomain 1 has shut down, reason code 3 0x3\n",)),
    Parser("_xm_config.parse", lambda text: _xm_config.parse(text).keys(), (PYTHON,)),
    Parser("_xm_domain.configuration", lambda text: [_xm_domain.configuration(d) for d in _xm_domain.domains(text)],
           (SXP,)),
    Parser("_xm_listing.parse_list", _xm_listing.parse_list, (LIST + ROW,)),
    Parser("_fleet_query.parse", lambda text: _fleet_query.parse(text, MARK), (FLEET,)),
)  # fmt: skip
_ALPHABET = "abx017_. \t\n\n'\"\\#=+-,;:[](){}%$@/|<>~^*&!?nrA\r\0\x1b\x85\xffé€²٣\u2028\U0001f480\udcff"
_PIECES = (
    "0" * 40, "9" * 400, "-1", "1e999", "NaN", "(" * 300, "[" * 300, "{" * 300, "null", "[]", "{}", '"', "'''", "\n\n",
    "%s%n", "../..", "\x00\x00", "name=", "#", "<<EOF\n", "\xff\xff\xff\xff", "٣", "1" + "0" * 20,
)  # fmt: skip


def damaged(parser: Parser, rng: random.Random) -> str:
    """A right text with up to five changes; now and then nothing but noise."""
    if rng.random() < 0.05:
        return "".join(rng.choices(_ALPHABET, k=rng.randint(0, 200)))
    text = rng.choice(parser.seeds)
    for _round in range(rng.randint(0, 5)):
        place, removed = rng.randint(0, len(text)), rng.choice((0, 0, 1, 1, 2, 5, 40))
        new = "".join(rng.choices(_ALPHABET, k=rng.choice((0, 1, 1, 2))))
        if rng.random() < 0.3:
            new = rng.choice((rng.choice(_PIECES), text[place : place + 30] * rng.randint(1, 3)))
        text = text[:place] + new + text[place + removed :]
    return text


def crash(parser: Parser, text: str) -> Exception | None:
    """The exception that it should not raise over this text, None when it ends in order."""
    try:
        parser.parse(text)
    except parser.refuses:
        return None
    except Exception as error:
        return error
    return None
