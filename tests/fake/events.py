# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to a running domain without changing what it is: trigger, sysrq, dump-core."""

from __future__ import annotations

from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.lifecycle import find_guest
from ansible_collections.netbsd.xen.tests.fake.state import State

_TRIGGERS = ("power", "reset", "nmi", "init", "sleep", "s3resume")
# What Xen answers about a PV guest (xen/arch/x86/domctl.c, XEN_DOMCTL_sendtrigger); reset and init it never had.
_REFUSED = {
    **dict.fromkeys(("sleep", "power"), "Invalid argument"),
    **dict.fromkeys(("reset", "init"), "Function not implemented"),
}


def trigger(state: State, arguments: list[str]) -> None:
    """`xl trigger DOMAIN TRIGGER [VCPU]`: exit status 0 also when Xen has refused it."""
    domain, name = find_guest(state, arguments[0]), arguments[1]
    if name not in _TRIGGERS:
        raise Exit(1, f'Invalid trigger "{name}"\n')
    if name != "nmi" and domain["config"]["c_info"]["type"] != "hvm":
        place, why = "2207:libxl_send_trigger", f": {_REFUSED[name]}" if name in _REFUSED else ", rc=-6"
        if name == "s3resume":
            place = "2162:domain_s3_resume_done"
        number = domain["domid"]
        raise Exit(0, f"libxl: error: libxl_domain.c:{place}: Domain {number}:Send trigger '{name}' failed{why}\n")
    domain.setdefault("received", []).append(f"trigger {name}")


def sysrq(state: State, arguments: list[str]) -> None:
    """`xl sysrq DOMAIN KEY`: a key in xenstore, which a Linux guest takes out."""
    domain = find_guest(state, arguments[0])
    if len(arguments[1]) != 1:
        raise Exit(1, "Invalid sysrq.\n\n")
    domain.setdefault("received", []).append(f"sysrq {arguments[1]}")
    domain["sysrq"] = "" if state.guest(domain["name"])["takes_sysrq"] else arguments[1]


def dump_core(state: State, arguments: list[str]) -> None:
    """`xl dump-core DOMAIN FILE`"""
    domain = find_guest(state, arguments[0])
    try:
        with open(arguments[1], "wb") as stream:
            stream.write(b"\x7fELF core of a fake guest")
    except OSError as error:
        raise Exit(
            1,
            f"xc: error: Could not open corefile {arguments[1]} ({error.errno} = {error.strerror}): Internal error\n"
            f"libxl: error: libxl_domain.c:603:libxl_domain_core_dump: Domain {domain['domid']}:Core dumping domain to "
            f"{arguments[1]}: {error.strerror}\ncore dump failed (rc=-3)\n",
        ) from None
