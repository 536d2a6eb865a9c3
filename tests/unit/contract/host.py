# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cases of the modules that make the host: its files, its boot menu, its packages."""

from __future__ import annotations

import gzip
import struct
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.pkgsrc_host import PkgsrcHost, package

RC_CONF = "# the host\nhostname=xen1\nsshd=YES # for Ansible\n"
XL_CONF = '# defaults of xl\n#vif.default.bridge="xenbr0"\nautoballoon="off"\n'
XEND_CONFIG = "# xend\n(xend-unix-server yes)\n(dom0-min-mem 0)\n"
BOOT_CFG = "banner=Welcome\nmenu=Boot normally:rndseed /var/db/entropy-file;boot\ndefault=1\ntimeout=5\n"
XM_CONFIG = "name = 'web'\nkernel = '/netbsd'\nmemory = 64\ndisk = [ 'phy:/dev/wd0e,0x1,w' ]\n"
MENU_LST = "default 0\ntimeout 5\n\n# by hand\ntitle NetBSD\nrootnoverify (hd0,0)\nchainloader +1\n"
# what makes a file a hypervisor: the headers of both versions of Multiboot
MULTIBOOT = struct.pack(
    *("<IIIxxxxIIII", 0x1BADB002, 3, -(0x1BADB002 + 3) & 0xFFFFFFFF),
    *(0xE85250D6, 0, 24, -(0xE85250D6 + 24) & 0xFFFFFFFF),
)
HYPERVISOR = gzip.compress(b"\x7fELF" + bytes(60) + MULTIBOOT, mtime=0)


def _text(world: World, name: str, text: str | None) -> str:
    path = world.root / "etc" / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return str(path)


def _edit(file: str, text: str | None, **parameters: Any) -> Callable[[World], dict[str, Any]]:
    """A task of a module that edits the file that its option ``path`` names."""
    return lambda world: {"path": _text(world, file, text), **parameters}


def rc_conf() -> list[Case]:
    return [
        Case("a variable", _edit("rc.conf", RC_CONF, variables={"xencommons": True}), changes=True),
        Case("no file yet", _edit("rc.conf", None, variables={"xencommons": "YES"}), changes=True),
        Case("as it is", _edit("rc.conf", RC_CONF, variables={"sshd": True}), changes=False),
        Case("with a backup", _edit("rc.conf", RC_CONF, name="sshd", value="NO", backup=True), changes=True),
        Case("a list", _edit("rc.conf", RC_CONF, name="xendomains", add=["web", "db"]), changes=True),
        Case("absent", _edit("rc.conf", RC_CONF, name="sshd", state="absent"), changes=True),
        Case("error: sh cannot read it", _edit("rc.conf", 'x="\n', variables={"y": "1"}), error="config_syntax"),
    ]


def xl_conf() -> list[Case]:
    bridge = {"vif.default.bridge": "bridge0"}
    return [
        Case("a setting", _edit("xl.conf", XL_CONF, settings=bridge), changes=True),
        Case("no file yet", _edit("xl.conf", None, settings=bridge), changes=True),
        Case("as it is", _edit("xl.conf", XL_CONF, settings={"autoballoon": "off"}), changes=False),
        Case("absent", _edit("xl.conf", XL_CONF, settings={"autoballoon": None}), changes=True),
        Case("error: a damaged file", _edit("xl.conf", "autoballoon=\n", settings=bridge), error="config_syntax"),
    ]


def xend_config() -> list[Case]:
    script = {"vif-script": "vif-bridge"}
    return [
        Case("a setting", _edit("xend-config.sxp", XEND_CONFIG, settings=script), changes=True),
        Case("another value", _edit("xend-config.sxp", XEND_CONFIG, settings={"dom0-min-mem": 256}), changes=True),
        Case("as it is", _edit("xend-config.sxp", XEND_CONFIG, settings={"dom0-min-mem": 0}), changes=False),
        Case("error: a damaged file", _edit("xend-config.sxp", "(xend\n", settings=script), error="config_syntax"),
    ]


def boot_entry() -> list[Case]:
    xen = {
        "name": "Xen", "hypervisor": "/xen.gz", "kernel": "/netbsd-XEN3_DOM0.gz", "check_files": False,
        "xen_args": {"dom0_mem": "512M"},
    }  # fmt: skip
    cfg, lst = {**xen, "loader": "boot.cfg"}, {**xen, "loader": "menu.lst"}
    return [
        Case("boot.cfg", _edit("boot.cfg", BOOT_CFG, **cfg), changes=True),
        Case("boot.cfg, by default", _edit("boot.cfg", BOOT_CFG, **cfg, default=True, timeout=9), changes=True),
        Case("absent", _edit("boot.cfg", BOOT_CFG, name="Xen", state="absent", loader="boot.cfg"), changes=False),
        Case("menu.lst", _edit("menu.lst", MENU_LST, **lst, default=True, backup=True), changes=True),
        Case(
            "error: the way back",
            _edit("boot.cfg", BOOT_CFG, name="Boot normally", state="absent", loader="boot.cfg"),
            error="last_native_entry",
        ),
    ]


def _boot_file(**more: Any) -> Callable[[World], dict[str, Any]]:
    def prepare(world: World) -> dict[str, Any]:
        world.file("etc/xen.gz", HYPERVISOR)
        return {"src": str(world.root / "etc/xen.gz"), "dest": str(world.root / "xen.gz"), "kind": "hypervisor", **more}

    return prepare


def _over_another(world: World) -> dict[str, Any]:
    world.file("xen.gz", gzip.compress(b"\x7fELF" + bytes(92) + MULTIBOOT, mtime=0))
    return _boot_file(keep_previous=True)(world)


def boot_file() -> list[Case]:
    return [
        Case("a hypervisor", _boot_file(), changes=True),
        Case("over another one", _over_another, changes=True),
        Case("error: not what it should be", _boot_file(kind="dom0_kernel"), error="wrong_kind"),
        Case("error: another sum", _boot_file(checksum="sha256:" + "0" * 64), error="wrong_checksum"),
        Case("error: no source", _boot_file(src="/nowhere/xen.gz"), error="source_missing"),
    ]


def _packages(*installed: str, **parameters: Any) -> Callable[[World], dict[str, Any]]:
    def prepare(world: World) -> dict[str, Any]:
        host = PkgsrcHost(world.root)
        tools = {"sbin/xl": b"the toolstack\n"}
        host.offer(
            package("xenkernel420", "20260317"),
            package("xentools418", "20260317", files=tools),
            package("xentools420", "20260317", files=tools, depends=("yajl>=2.0",)),
            package("yajl", "2.1.0nb1"),
        )
        for name in installed:
            subprocess.run([str(host.folder / "pkgin"), "-y", "install", name], check=True, capture_output=True)
        world.moves = {
            "packages._pkgsrc._FOLDERS": [str(host.folder)],
            "packages._pkgin.LOG": str(host.log),
            "packages._pkgin.DATABASE": str(host.database),
            "packages._pkgin_repositories.PATH": str(host.conf),
            "packages._pkgin_journal.JOURNAL": str(host.log.parent / "installing"),
        }
        return parameters

    return prepare


def pkgin() -> list[Case]:
    return [
        Case("two packages", _packages(name=["xenkernel420", "xentools420"]), changes=True),
        Case("as it is", _packages("xenkernel420", name=["xenkernel420"]), changes=False),
        Case("absent", _packages("xenkernel420", name=["xenkernel420"], state="absent"), changes=True),
        Case("one in place of another", _packages("xentools418", name=["xentools420"], replaces=["xentools418"])),
        Case("error: there is no such package", _packages(name=["xentools999"]), error="not_in_repository"),
    ]


def _convert(text: str, to: str | None = "web.cfg", **more: Any) -> Callable[[World], dict[str, Any]]:
    def prepare(world: World) -> dict[str, Any]:
        dest = {"dest": str(world.root / "etc" / to)} if to else {}
        _text(world, "old.cfg", "memory = 1\n")
        return {"src": _text(world, "web", text), **dest, **more}

    return prepare


def xen_convert_config() -> list[Case]:
    return [
        Case("written", _convert(XM_CONFIG), changes=True),
        Case("only told", _convert(XM_CONFIG, to=None), changes=False),
        Case("over another one", _convert(XM_CONFIG, to="old.cfg", backup=True), changes=True),
        Case("error: over itself", _convert(XM_CONFIG, to="web"), error="bad_value"),
        Case("with a loss", _convert(XM_CONFIG + "fda = '/f'\n", force=True), changes=True),
        Case("error: a loss", _convert(XM_CONFIG + "fda = '/f'\n"), error="conversion_incomplete"),
        Case("error: no Python", _convert("name = \n"), error="config_syntax"),
        Case("error: no file", _convert(XM_CONFIG, src="/nowhere/web"), error="no_config"),
    ]


def cases() -> dict[str, list[Case]]:
    """The cases of each module."""
    modules = (rc_conf, xl_conf, xend_config, boot_entry, boot_file, pkgin, xen_convert_config)
    return {each.__name__: each() for each in modules}
