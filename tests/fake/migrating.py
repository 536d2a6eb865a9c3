# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`xl migrate` and `xl migrate-receive`: between two fake hosts, through whatever stands for ssh.

The stream is the domain's configuration as JSON; the answer is one byte. What both ends say is what the real ones say
(xen tools/xl/xl_migrate.c), without the progress of the copying.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import build, yajl
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.lifecycle import find_guest
from ansible_collections.netbsd.xen.tests.fake.state import State

_DONE = "migration sender: Target has acknowledged transfer.\nmigration sender: Giving target permission to start.\n"


def migrate(state: State, arguments: list[str]) -> None:
    """`xl migrate [-p] [-s SSH] DOMAIN HOST`; with an empty SSH, HOST is the whole command of the other end."""
    rest, ssh, paused = list(arguments), "ssh", False
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-s":
            ssh = rest.pop(0)
        paused = paused or option == "-p"
    domain, host = find_guest(state, rest[0]), rest[1]
    rune = f"exec {ssh} {host} xl migrate-receive{' -p' if paused else ''}" if ssh else host
    text = yajl.dumps(domain["config"])
    failure = _cannot_be_copied(state, domain)
    sys.stderr.write(f"Saving to migration stream new xl format (info 0x3/0x0/{len(text) + 5})\n")
    sys.stderr.flush()
    other = subprocess.run(
        ["sh", "-c", rune], input="" if failure else text, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stderr.write(f"xc: info: Saving domain {domain['domid']}, type x86 PV\n")
    if failure:
        raise Exit(1, failure)
    if not other.stdout:
        raise Exit(
            1,
            "libxl: error: libxl_utils.c:505:libxl_read_exactly: file/stream truncated reading banner from migration "
            "receiver stream\nlibxl: info: libxl_exec.c:117:libxl_report_child_exitstatus: migration transport process "
            f"[248] exited with error status {other.returncode}\n",
        )
    if other.stdout != "0":
        raise Exit(1, "migration sender: libxl_domain_suspend failed (rc=-3)\nMigration failed, resuming at sender.\n")
    state.remove(domain)
    sys.stderr.write(_DONE + "migration sender: Target reports successful startup.\nMigration successful.\n")


def _cannot_be_copied(state: State, domain: dict[str, Any]) -> str:
    """Why the guest cannot go, as the real sender says it."""
    number = domain["domid"]
    if not state.host["shadow_paging"] and domain["config"]["c_info"]["type"] == "pv":
        return (
            "xc: error: Failed to enable logdirty: 95,22,0 (22 = Invalid argument): Internal error\n"
            "xc: error: Save failed (22 = Invalid argument): Internal error\n"
            f"libxl: error: libxl_stream_write.c:347:libxl__xc_domain_save_done: Domain {number}:saving domain: domain "
            "did not respond to suspend request: Invalid argument\n"
            "migration sender: libxl_domain_suspend failed (rc=-8)\n"
            "Migration failed, failed to suspend at sender.\n"
        )
    if domain["pause_count"] or state.guest(domain["name"])["ignores_suspend"]:
        return (
            f"libxl: error: libxl_dom_suspend.c:409:suspend_common_wait_guest_timeout: Domain {number}:guest did not "
            "suspend, timed out\nmigration sender: libxl_domain_suspend failed (rc=-8)\n"
            "Migration failed, failed to suspend at sender.\n"
        )
    return ""


def receive(state: State, arguments: list[str]) -> None:
    """`xl migrate-receive [-p]`"""
    sys.stderr.write("migration target: Ready to receive domain.\n")
    text = sys.stdin.read()
    if not text:
        raise Exit(1, "migration target: Domain creation failed (code -3).\n", stdout="1")
    sys.stderr.write(
        f"Loading new save file <incoming migration stream> (new xl fmt info 0x3/0x0/{len(text) + 5})\n"
        " Savefile contains xl domain config in JSON format\nParsing config from <saved>\n"
    )
    try:
        domain = build.make_domain(state, json.loads(text), restoring=True)
    except Exit as failed:
        raise Exit(1, f"{failed.stderr}migration target: Domain creation failed (code -3).\n", stdout="1") from None
    build.start(state, domain, paused="-p" in arguments, boots=False)
    sys.stderr.write(
        "migration target: Transfer complete, requesting permission to start domain.\n"
        "migration target: Got permission, starting domain.\nmigration target: Domain started successsfully.\n"
    )
    sys.stdout.write("0")
