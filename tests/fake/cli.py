# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program: one call of `xl` (or `xenstore-read`, ...), by the name under which it was started."""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout

from ansible_collections.netbsd.xen.tests.fake import lifecycle, usage
from ansible_collections.netbsd.xen.tests.fake import state as states
from ansible_collections.netbsd.xen.tests.fake.exits import Exit

# Command: the module and function that do it, and the least number of its arguments. The module is imported when it is
# needed, since a test run starts this program a few thousand times.
_COMMANDS = {
    "list": ("listing.list_domains", 0),
    "info": ("usage.info", 0),
    "uptime": ("listing.uptime", 0),
    "domid": ("listing.domid", 1),
    "domname": ("listing.domname", 1),
    "vm-list": ("listing.vm_list", 0),
    "network-list": ("listing.network_list", 1),
    "block-list": ("listing.block_list", 1),
    "pci-list": ("listing.pci_list", 1),
    "pci-assignable-list": ("listing.pci_assignable_list", 0),
    "shutdown": ("lifecycle.shutdown", 0),
    "reboot": ("lifecycle.reboot", 0),
    "destroy": ("lifecycle.destroy", 1),
    "pause": ("lifecycle.pause", 1),
    "unpause": ("lifecycle.unpause", 1),
    "save": ("saving.save", 2),
    "restore": ("saving.restore", 1),
    "mem-set": ("tuning.mem_set", 2),
    "mem-max": ("tuning.mem_max", 2),
    "vcpu-set": ("tuning.vcpu_set", 2),
    "rename": ("tuning.rename", 2),
    "migrate": ("migrating.migrate", 2),
    "migrate-receive": ("migrating.receive", 0),
    "trigger": ("events.trigger", 2),
    "sysrq": ("events.sysrq", 2),
    "dump-core": ("events.dump_core", 2),
    "vcpu-list": ("scheduling.vcpu_list", 0),
    "vcpu-pin": ("scheduling.vcpu_pin", 3),
    "sched-credit": ("scheduling.sched_credit", 0),
    "sched-credit2": ("scheduling.sched_credit2", 0),
    "config-update": ("scheduling.config_update", 2),
    "block-attach": ("plugging.block_attach", 2),
    "block-detach": ("plugging.block_detach", 2),
    "cd-insert": ("plugging.cd_insert", 3),
    "cd-eject": ("plugging.cd_eject", 2),
    "network-attach": ("plugging.network_attach", 1),
    "network-detach": ("plugging.network_detach", 2),
    "pci-attach": ("plugging.pci_attach", 2),
    "pci-detach": ("plugging.pci_detach", 2),
}
_XENSTORE = {
    "xenstore-read": "xenstore.read",
    "xenstore-list": "xenstore.list_folder",
    "xenstore-ls": "xenstore.ls",
}
PROGRAMS = ("xl", "xm", *_XENSTORE)


def main(argv: Sequence[str]) -> int:
    """Run one call; stdout, stderr and the exit status are the real program's."""
    program, path = os.path.basename(argv[0]), os.environ["FAKE_XL_STATE"]
    _record(path, [program, *argv[1:]])
    output = io.StringIO()
    seconds, status = 0.0, 0
    caller_dies = False
    try:
        with states.locked(path) as state, redirect_stdout(output):
            caller_dies = _ends_caller(state, program)
            seconds = _delay(state, _subcommand(argv))
            if not seconds:
                _run(state, program, list(argv[1:]))
    except Exit as end:
        status = end.status
        output.write(end.stdout)
        sys.stderr.write(end.stderr)
    except lifecycle.WaitsForEver:
        seconds = 3600.0
    sys.stdout.write(output.getvalue())
    sys.stdout.flush()
    if caller_dies:
        os.kill(os.getppid(), signal.SIGKILL)
    if seconds:
        time.sleep(seconds)
    return status


def _record(path: str, argv: list[str]) -> None:
    """One line of JSON a call; written before anything can go wrong."""
    with open(path + ".calls", "a", encoding="utf-8") as log:
        log.write(json.dumps(argv) + "\n")


def _subcommand(argv: Sequence[str]) -> str:
    return next((argument for argument in argv[1:] if not argument.startswith("-")), "")


def _ends_caller(state: states.State, program: str) -> bool:
    """Whether this is the call after which whoever called is to be killed, its work done and its answer unread."""
    for fault in state.data["faults"]:
        if fault["name"] == "kills_caller" and program in ("xl", "xm"):
            fault["calls"] -= 1
            return bool(fault["calls"] == 0)
    return False


def _delay(state: states.State, command: str) -> float:
    fault = state.take_fault("hang", command)
    return float(fault["seconds"]) if fault else 0.0


def _run(state: states.State, program: str, arguments: list[str]) -> None:
    if program in _XENSTORE:
        if state.take_fault("xenstored_down", program):
            raise Exit(1, f"{program}: xs_open: No such file or directory\n")
        _call(_XENSTORE[program], state, arguments)
        return
    if program == "xm":
        from ansible_collections.netbsd.xen.tests.fake import xm

        xm.run(state, arguments)
        return
    dry_run = False
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option.strip("-vftTN"):
            raise Exit(2, f"xl: invalid option -- '{option.strip('-vftTN')[0]}'\nunknown global option\n")
        dry_run = dry_run or "N" in option
    command = rest.pop(0) if rest else ""
    _fail_if_told(state, command)
    if command == "create":
        from ansible_collections.netbsd.xen.tests.fake import build

        build.create(state, rest, dry_run)
        return
    if command == "help" and rest:
        sys.stdout.write(usage.text(rest[0]))
        return
    if command not in _COMMANDS:
        raise Exit(1, "command not implemented\n")
    function, least = _COMMANDS[command]
    if len([argument for argument in rest if not argument.startswith("-")]) < least:
        plural = "s" if least > 1 else ""
        raise Exit(2, f"'xl {command}' requires at least {least} argument{plural}.\n\n", usage.text(command))
    _call(function, state, rest)


def _call(function: str, state: states.State, arguments: list[str]) -> None:
    module, name = function.split(".")
    getattr(importlib.import_module(f"ansible_collections.netbsd.xen.tests.fake.{module}"), name)(state, arguments)


def _fail_if_told(state: states.State, command: str) -> None:
    """Faults of the host and of single commands, as a test has armed them."""
    for name, refusal in usage.REFUSALS.items():
        if state.take_fault(name, command):
            raise Exit(1, refusal)
    if command == "list" and state.take_fault("list_fails", command):
        raise Exit(
            1,
            "libxl: error: libxl_domain.c:314:libxl_list_domain: getting domain info list: Resource temporarily "
            "unavailable\nlibxl_list_domain failed.\n",
        )
    fault = state.take_fault("fails", command)
    if fault:
        raise Exit(fault["rc"], fault["stderr"])
