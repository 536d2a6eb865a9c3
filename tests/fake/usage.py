# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl prints about itself and the host: `xl info`, usages, and the refusals on a host that cannot work."""

from __future__ import annotations

from ansible_collections.netbsd.xen.tests.fake.state import State

# `xl help COMMAND`, for the commands whose usage was recorded.
_USAGES = {
    "list": """Usage: xl [-vtT] list [options] [Domain]


List information about all/some domains.

Options:

-l, --long              Output all VM details
-v, --verbose           Prints out UUIDs and security context
-Z, --context           Prints out security context
-c, --cpupool           Prints the cpupool the domain is in
-n, --numa              Prints out NUMA node affinity
""",
    "rename": """Usage: xl [-vtTf] rename <Domain> <NewDomainName>

Rename a domain.

""",
    "mem-set": """Usage: xl [-vtTf] mem-set <Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>

Set the current memory usage for a domain.

""",
    "destroy": """Usage: xl [-vtTf] destroy [options] <Domain>


Terminate a domain immediately.

Options:

-f                      Permit destroying domain 0, which will only succeed
                        when run from disaggregated toolstack domain with a
                        hardware domain distinct from domain 0.
""",
}

# How xl fails on a host that cannot work at all. "permission denied" was recorded; the others differ from it by errno,
# or are the words of Debian's wrapper around xl and of libxl_ctx_alloc.
REFUSALS = {
    "permission_denied": "xencall: error: Could not obtain handle on privileged command interface: Permission denied\n"
    "libxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: Permission denied\ncannot init xl context\n",
    "no_xen": "xencall: error: Could not obtain handle on privileged command interface: No such file or directory\n"
    "libxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory\n"
    "cannot init xl context\n",
    "no_xen_debian": "ERROR:  Can't find hypervisor information in sysfs!\n",
    "xenstored_down": "libxl: error: libxl.c:109:libxl_ctx_alloc: cannot connect to xenstore: "
    "No such file or directory\ncannot init xl context\n",
}


def text(command: str) -> str:
    """The usage of a command, as far as it was recorded."""
    return _USAGES.get(command, f"Usage: xl {command}\n\n")


def info(state: State, _arguments: list[str]) -> None:
    """`xl info`"""
    host = state.host
    cpus = host["nr_cpus"]
    fields: dict[str, object] = {
        "host": host["hostname"],
        "release": "6.1.0-56-amd64",
        "version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)",
        "machine": "x86_64",
        "nr_cpus": cpus,
        "max_cpu_id": cpus - 1,
        "nr_nodes": 1,
        "cores_per_socket": cpus,
        "threads_per_core": 1,
        "cpu_mhz": "2596.143",
        "hw_caps": "178bf3fd:c0002001:20100800:00000007:00000000:00000000:00000000:00000000",
        "virt_caps": "pv hvm hvm_directio pv_directio gnttab-v1 gnttab-v2",
        "total_memory": host["total_mib"],
        "free_memory": state.free_mib,
        "sharing_freed_memory": 0,
        "sharing_used_memory": 0,
        "outstanding_claims": 0,
        "free_cpus": 0,
        "xen_major": 4,
        "xen_minor": host["xen_minor"],
        "xen_extra": ".7",
        "xen_version": f"4.{host['xen_minor']}.7",
        "xen_caps": "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
        "xen_scheduler": "credit2",
        "xen_pagesize": 4096,
        "platform_params": "virt_start=0xffff800000000000",
        "xen_changeset": "",
        "xen_commandline": host["commandline"],
        "cc_compiler": "x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0",
        "cc_compile_by": "pkg-xen-devel",
        "cc_compile_domain": "lists.alioth.debian.org",
        "cc_compile_date": "Wed Nov  4 16:52:28 UTC 2026",
        "build_id": "151b373fd64b321593bf987fd923cd10dabadac4",
        "xend_config_format": 4,
    }
    for name, value in fields.items():
        print(f"{name:<22} : {value}")
