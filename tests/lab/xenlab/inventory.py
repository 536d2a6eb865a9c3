# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running instances as an Ansible inventory: group `dom0s`, over the lab's own shared SSH connection.

Hosts with the NetBSD face are in the group `netbsd` too.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from .ssh import Ssh
from .state import State

NETBSD_PYTHON = "/usr/pkg/bin/python3.11"


def host_variables(state: State, ssh: Ssh) -> dict[str, object]:
    """Ansible's connection variables of one instance."""
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": state.port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(ssh.key),
        "ansible_ssh_common_args": shlex.join(ssh.check_options()),
        # no compression: the emulated CPU is slower than the loopback interface
        "ansible_ssh_args": shlex.join(ssh.sharing_options()),
        "ansible_control_path": str(ssh.control),
        "ansible_pipelining": True,
        "ansible_python_interpreter": NETBSD_PYTHON if state.machine.netbsd else "/usr/bin/python3",
    }


def render(hosts: Iterable[tuple[State, Ssh]]) -> str:
    """The YAML text. A JSON scalar is a YAML scalar, so values are written as JSON."""
    lines = ["---", "# written by the lab: true while the instances run", "dom0s:", "  hosts:"]
    hosts = list(hosts)
    for state, ssh in hosts:
        lines.append(f"    {state.name}:")
        for name, value in host_variables(state, ssh).items():
            lines.append(f"      {name}: {json.dumps(value)}")
    faced = [state.name for state, _ssh in hosts if state.machine.netbsd]
    if faced:
        lines += ["netbsd:", "  hosts:", *(f"    {name}: {{}}" for name in faced)]
    return "\n".join(lines) + "\n"
