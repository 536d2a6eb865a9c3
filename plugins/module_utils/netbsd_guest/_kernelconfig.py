# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The configuration file of a NetBSD kernel for guests that have PCI devices, in the syntax of config(5).

XEN3_DOMU of every release has the PCI front end as a comment, so such a guest needs a kernel of its own. Sources:
NetBSD sys/arch/amd64/conf/XEN3_DOMU ("PCI pass-through support") and XEN3_DOM0 (the attachment of each driver),
usr.bin/config/gram.y and scan.l.
"""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

# of the port's directory sys/arch/PORT/conf, by PORT
BASES = {"amd64": "XEN3_DOMU", "i386": "XEN3PAE_DOMU"}
_PCI = "pci? dev ? function ?"
_HUB = "uhub? port ?"
_USB_INTERFACE = f"{_HUB} configuration ? interface ?"
# a whole statement of config(5): NAME* at PARENT [LOCATOR VALUE ...] [flags NUMBER]
_STATEMENT = re.compile(
    r"[A-Za-z_][-\w]*(?:\*|\d+) at [A-Za-z_][-\w]*\d*\??(?: [A-Za-z_]\w* (?:\?|-?(?:0x)?[0-9a-f]+))*"
)
_NAME = re.compile(r"[A-Za-z_][-A-Za-z0-9_]*")

# Drivers that attach to PCI, by what they bring for others to attach to.
_BRINGS = {
    "mii": "age alc ale bce bge bnx ep epic et ex fxp gsip hme jme lii mskc mtd ne nfe pcn re rtk sf sip skc ste stge "
    "ti tl tlp txp vge vr wm",
    "": "dge ixg le xge an ath atw ipw iwi iwn ral wi wpi ciss arcmsr cy cz puc hifn ubsec",
    "scsi": "adv adw ahc ahd bha ciss dpt iha isp mfi mly mpt mpii njs pcscp siop esiop trm arcmsr",
    "ata": "pciide acardide aceride ahcisata artsata cmdide cypide geodeide hptide iteide ixpide jmide optiide piixide "
    "pdcide pdcsata rccide satalink siisata siside slide svwsata stpcide viaide",
    "ld": "aac amr cac icp mlx twa twe",
    "usb": "uhci ohci ehci xhci",
    "ieee1394": "fwohci",
    "audio": "auacer auich auixp autri auvia clcs clct cmpci eap emuxki esa esm eso fms neo sv yds hdaudio",
}
# Drivers whose devices hang on others: what one of them must be there for, and the statements for each.
_ON = {
    "sd": {"scsi": "scsibus? target ? lun ?", "atapi": "atapibus? drive ? flags 0x0000"},
    "cd": {"scsi": "scsibus? target ? lun ?", "atapi": "atapibus? drive ? flags 0x0000"},
    "st": {"scsi": "scsibus? target ? lun ?", "atapi": "atapibus? drive ? flags 0x0000"},
    "uk": {"scsi": "scsibus? target ? lun ?", "atapi": "atapibus? drive ? flags 0x0000"},
    "ch": {"scsi": "scsibus? target ? lun ?"},
    "ses": {"scsi": "scsibus? target ? lun ?"},
    "ss": {"scsi": "scsibus? target ? lun ?"},
    "wd": {"ata": "atabus? drive ? flags 0x0000"},
    "sbp": {"ieee1394": "ieee1394if? euihi ? euilo ?"},
    "fwip": {"ieee1394": "ieee1394if?"},
    **{name: {"usb": _USB_INTERFACE} for name in ("umass", "ulpt", "uhidev", "uirda")},
    **{name: {"usb": f"{_HUB} configuration ?"} for name in ("umodem", "uaudio", "umidi", "uhso")},
    **{
        name: {"usb": _HUB}
        for name in (
            *("aue", "axe", "axen", "cdce", "cue", "kue", "mue", "udav", "ure", "url", "urndis"),
            *("atu", "ural", "rum", "urtw", "uplcom", "uftdi", "umct", "ubsa", "uvscom", "ugen", "ubt", "uscanner"),
        )
    },
    **{name: {"hid": "uhidev? reportid ?"} for name in ("ums", "ukbd", "uhid", "ucycom")},
}
# What drivers of the second kind bring themselves.
_BRING_TOO = {
    **dict.fromkeys(("sbp",), ("scsi",)),
    "umass": ("scsi", "atapi"),
    "uhidev": ("hid",),
    **dict.fromkeys(("aue", "axe", "axen", "cue", "kue", "mue", "udav", "ure", "url"), ("mii",)),
    "uaudio": ("audio",),
    **dict.fromkeys(("uplcom", "uftdi", "umct", "ubsa", "uvscom"), ("ucom",)),
}
# Chips between a network card and its cable; those that a card has not do no harm.
_PHYS = (
    "acphy amhphy atphy bmtphy brgphy ciphy dmphy etphy exphy gentbi glxtphy gphyter icsphy igphy ihphy ikphy inphy "
    "iophy lxtphy makphy nsphy nsphyter pnaphy qsphy rgephy rlphy sqphy tlphy tqphy ukphy urlphy"
)
# What comes with what a driver brings.
_BUSES = {
    "mii": [(name, "mii? phy ?") for name in _PHYS.split()],
    "scsi": [("scsibus", "scsi?")],
    "ata": [("atabus", "ata?")],
    "atapi": [("atapibus", "atapi?")],
    "usb": [("uhub", "usb?"), ("uhub", "uhub? port ?")],
    "ieee1394": [("ieee1394if", "fwohci?")],
    "audio": [("audio", "audiobus?")],
}
# Second parts of some drivers.
_PARTS = {
    "mskc": [("msk", "mskc?")],
    "skc": [("sk", "skc?")],
    "jmide": [("ahcisata", "jmide?")],
    "hdaudio": [("hdafg", "hdaudiobus?")],
    "puc": [("com", "puc? port ?")],
}
_SAID = {
    "scsi": "a SCSI controller, such as ahc, or umass",
    "atapi": "an IDE or SATA controller, or umass",
    "ata": "an IDE or SATA controller, such as ahcisata",
    "usb": "a USB controller: uhci, ohci, ehci or xhci",
    "hid": "uhidev",
    "ieee1394": "fwohci",
}


class Statement(NamedTuple):
    """``device`` attaches ``at`` a parent: ``wm* at pci? dev ? function ?``."""

    device: str
    at: str

    @property
    def text(self) -> str:
        tab = "\t\t" if len(self.device) < 7 else "\t"
        return f"{self.device}*{tab}at {self.at}"


def drivers() -> list[str]:
    """The names of all drivers that are known."""
    return sorted({name for names in _BRINGS.values() for name in names.split()} | set(_ON))


def render(names: Sequence[str], machine: str = "amd64", base: str = "", name: str = "") -> str:
    """The text of the file.

    :param names: drivers by their names, or whole statements of config(5) for drivers that are not known.
    :param base: the file of the port that is included; the port's kernel for guests when empty.
    :param name: of the file, for its comments.
    :raises BadValue: an unknown driver or machine, or one that nothing is there for.
    """
    if machine not in BASES:
        raise BadValue("machine", machine, f"Xen's guests run on {' and '.join(sorted(BASES))}.")
    base, name = base or BASES[machine], name or f"{BASES[machine]}_PCI"
    for option, value in (("base", base), ("name", name)):
        if not _NAME.fullmatch(value):
            raise BadValue(option, value, "a name of a kernel has letters, digits, _ and -.")
    own = [" ".join(each.split()) for each in names if " " in each.strip()]
    known = list(dict.fromkeys(each.strip() for each in names if " " not in each.strip()))
    for statement in own:
        if not _STATEMENT.fullmatch(statement):
            raise BadValue("drivers", statement, "this is no statement such as 'wm* at pci? dev ? function ?'.")
    lines = [each.text for each in _statements(known, ignore_missing=bool(own))]
    return _text(machine, base, name, [*lines, *(each.replace(" at ", "\tat ", 1) for each in own)])


def _statements(names: Sequence[str], ignore_missing: bool) -> list[Statement]:
    _require_known(names)
    if {"ums", "ukbd", "uhid", "ucycom"} & set(names) and "uhidev" not in names:
        names = [*names, "uhidev"]
    brought = _brought(names)
    found: list[Statement] = []
    for name in names:
        found += _of_driver(name, brought, ignore_missing)
    for what in sorted(brought):
        found += [Statement(*bus) for bus in _BUSES.get(what, [])]
    return list(dict.fromkeys(found))


def _require_known(names: Iterable[str]) -> None:
    for name in names:
        if name not in drivers():
            raise BadValue(
                "drivers",
                name,
                "this driver is not known here. Give its whole statement, such as 'wm* at pci? dev ? function ?'. "
                f"Known are: {', '.join(drivers())}.",
            )


def _brought(names: Iterable[str]) -> set[str]:
    """What there is for others to attach to."""
    found: set[str] = set()
    for name in names:
        found.update(what for what, all_names in _BRINGS.items() if what and name in all_names.split())
        found.update(_BRING_TOO.get(name, ()))
    # an IDE controller has CD drives, too
    return found | ({"atapi"} if "ata" in found else set())


def _of_driver(name: str, brought: set[str], ignore_missing: bool) -> list[Statement]:
    if name not in _ON:
        found = [Statement(name, _PCI)]
        if name in _BRINGS["usb"].split():
            found.append(Statement("usb", f"{name}?"))
        if name in _BRINGS["ld"].split():
            found.append(Statement("ld", f"{name}? unit ?"))
        return found + [Statement(*part) for part in _PARTS.get(name, [])]
    places = [at for what, at in _ON[name].items() if what in brought]
    if not places and not ignore_missing:
        needs = ", or ".join(_SAID[what] for what in _ON[name])
        raise BadValue("drivers", name, f"nothing is there that it could attach to. Add {needs}.")
    found = [Statement(name, at) for at in places or list(_ON[name].values())[:1]]
    return found + ([Statement("ucom", f"{name}? portno ?")] if "ucom" in _BRING_TOO.get(name, ()) else [])


def _text(machine: str, base: str, name: str, lines: Sequence[str]) -> str:
    head = f"""\
# {name}: {base}, and drivers for PCI devices that the dom0 has given to this guest.
#
# Written by Ansible (netbsd.xen.domu_kernel_config). On a machine with the sources of NetBSD, as
# sys/arch/{machine}/conf/{name}:
#
#	./build.sh -U -m {machine} tools kernel={name}
#
# or, on NetBSD/{machine} itself:
#
#	cd sys/arch/{machine}/conf && config {name} && cd ../compile/{name} && make depend && make

include		"arch/{machine}/conf/{base}"

# PCI front end of Xen
xpci*		at xenbus ?
pci*		at xpci ?
"""
    return head + ("\n# drivers\n" + "".join(f"{line}\n" for line in lines) if lines else "")
