# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role xen_dom0 on hosts that are but files: which modules it would run there, how often, and in which mode.

The roles are the real ones, and so is ansible-playbook. In the place of each module stands an action plugin that looks
into the file what is left to do, and, outside of check mode, crosses it out. One play takes all hosts, since starting
it is what takes long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
MODULES = ("boot_entry", "boot_file", "bridge", "pkgin", "xen_devices", "xen_host_info", "xen_services")
MODULES += ("xend_config", "xl_conf")
LOOK = "xen_host_info"
# a host that is as it should be
INFO: dict[str, Any] = {
    "xen": {
        **{"version": "4.20", "toolstack": "xl", "kernel_package": "xenkernel420", "tools_package": "xentools420"},
        **{"hvm_package": None, "hypervisor": "/xen420.gz", "dom0_kernel": "netbsd-XEN3_DOM0.gz"},
        "hypervisor_source": "/usr/pkg/xen420-kernel/xen.gz",
    },
    "packages": {"xenkernel420": "20260317", "xentools420": "20260317"},
    "running": {"dom0": True, "xen_version": "4.20.2", "kernel": "XEN3_DOM0", "domains": ["web"]},
    "boot": {"running_entry": "Xen 4.20", "entries": []},
    "reboot_required": {"required": False, "reasons": []},
    "problems": [],
}
# what Ansible does by itself, without a word to the host
ON_THE_CONTROLLER = ("assert", "debug", "fail", "include_tasks", "set_fact", "validate_argument_spec")

MODULE = """
import json, os
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        name = self._task.action.rpartition(".")[2]
        path = task_vars["state_of_this_host"]
        with open(path) as file:
            host = json.load(file)
        if name == "xen_host_info":
            return {"changed": False, **host["info"]}
        actions = host["to_do"].get(name, [])
        if not self._task.check_mode:
            host["to_do"][name] = []
            host["info"].update(host["then"].get(name, {}) if actions else {})
            with open(path, "w") as file:
                json.dump(host, file)
        return {"changed": bool(actions), "actions": actions}
"""
CALLBACK = """
import json, os
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "recorder"

    def _write(self, result, skipped=False, failed=False):
        task = result.task
        line = {"host": result.host.name, "module": task.action.rpartition(".")[2], "check": bool(task.check_mode),
                "loop": "results" in result.result, "skipped": skipped, "failed": failed,
                "changed": bool(result.result.get("changed")), "msg": str(result.result.get("msg", ""))}
        with open(os.environ["DOM0_RECORD"], "a") as file:
            file.write(json.dumps(line) + "\\n")

    def v2_runner_on_ok(self, result): self._write(result)
    def v2_runner_on_failed(self, result, ignore_errors=False): self._write(result, failed=True)
    def v2_runner_on_skipped(self, result): self._write(result, True)
    def v2_runner_item_on_ok(self, result): self._write(result)
    def v2_runner_item_on_failed(self, result): self._write(result, failed=True)
"""


class Call(NamedTuple):
    """A module on the host."""

    module: str
    check: bool


class Run:
    """What came of a play on one host.

    :param record: a line for each result of a task, and for each item of its loop.
    :param to_do: what is left to do afterwards.
    """

    def __init__(self, record: list[dict[str, Any]], to_do: dict[str, list[str]]) -> None:
        self.record, self.to_do = record, to_do

    @property
    def failed(self) -> bool:
        return any(line["failed"] for line in self.record)

    @property
    def calls(self) -> list[Call]:
        """The modules that ran on the host, in order; a loop is one for each of its items."""
        ran = [line for line in self.record if not line["skipped"] and not line["loop"]]
        return [Call(line["module"], line["check"]) for line in ran if line["module"] not in ON_THE_CONTROLLER]

    @property
    def planned(self) -> list[str]:
        return [call.module for call in self.calls if call.check and call.module != LOOK]

    @property
    def done(self) -> list[str]:
        """What ran for real, but for the looks at the host."""
        return [call.module for call in self.calls if not call.check and call.module != LOOK]

    @property
    def looks(self) -> int:
        return [call.module for call in self.calls].count(LOOK)

    @property
    def changed(self) -> int:
        return sum(line["changed"] for line in self.record if not line["loop"])

    @property
    def messages(self) -> str:
        return "\n".join(line["msg"] for line in self.record)


@dataclass
class Dom0:
    """A host, and what its inventory says.

    :param info: what xen_host_info says of it, where that differs from ``INFO``.
    :param to_do: what each module still finds to do there.
    :param then: how that changes what xen_host_info says.
    """

    to_do: dict[str, list[str]] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    then: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


def play(folder: Path, hosts: dict[str, Dom0], *more: str) -> dict[str, Run]:
    """Run the role on the hosts, with more arguments of ansible-playbook."""
    _make_collection(folder)
    record = folder / "record"
    record.write_text("")
    inventory = {}
    for name, host in hosts.items():
        state = folder / f"{name}.json"
        state.write_text(json.dumps({"info": {**INFO, **host.info}, "to_do": host.to_do, "then": host.then}))
        inventory[name] = {"state_of_this_host": str(state), **host.variables}
    bridges = [{"name": "bridge0", "members": ["wm0"]}]
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    everyone = {"hosts": inventory, "vars": {**variables, "xen_network_bridges": bridges}}
    (folder / "hosts.json").write_text(json.dumps({"all": everyone}))
    roles = [{"role": "netbsd.xen.xen_dom0"}]
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": roles}]))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", *more, "play.yml"],
        cwd=folder,
        env={**os.environ, **_environment(folder), "DOM0_RECORD": str(record)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert lines, done.stdout + done.stderr
    return {
        name: Run(
            [line for line in lines if line["host"] == name],
            json.loads((folder / f"{name}.json").read_text())["to_do"],
        )
        for name in hosts
    }


def _make_collection(folder: Path) -> None:
    collection = folder / "ansible_collections" / "netbsd" / "xen"
    (collection / "plugins" / "action").mkdir(parents=True)
    for name in ("roles", "meta"):
        (collection / name).symlink_to(ROOT / name)
    for name in MODULES:
        (collection / "plugins" / "action" / f"{name}.py").write_text(MODULE)
    (folder / "callbacks").mkdir()
    (folder / "callbacks" / "recorder.py").write_text(CALLBACK)
    (folder / "ansible.cfg").touch()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(folder),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_CALLBACK_PLUGINS": str(folder / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "recorder",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
    }
