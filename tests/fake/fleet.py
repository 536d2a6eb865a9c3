# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of fake dom0s behind a fake ssh: what a controller meets, without a network.

The fake ssh takes a command line as OpenSSH does, and runs the command in a shell that has the programs of that host
first on its PATH. Every command line is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen, collections_root

_SSH = """#!/bin/sh
# options, then "--", the host, and the command as one word
printf '%s\\n' "$*" >>'{root}/ssh.log'
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
host='{root}'/hosts/$2
if [ ! -d "$host" ]; then
    echo "ssh: connect to host $2 port 22: Connection timed out" >&2
    exit 255
fi
if [ -f "$host/delay" ]; then sleep "$(cat "$host/delay")"; fi
if [ -f "$host/greeting" ]; then cat "$host/greeting"; fi
PATH=$host/bin:$PATH
FAKE_XL_STATE=$host/xen.json
export PATH FAKE_XL_STATE
exec sh -c "$3"
"""


class FakeFleet:
    """
    :ivar root: everything lies below it; ``root/inventory`` is for the files of the inventory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inventory = root / "inventory"
        self.inventory.mkdir(parents=True)
        (root / "ansible.cfg").touch()
        self.ssh = root / "ssh"
        self.ssh.write_text(_SSH.format(root=root), encoding="utf-8")
        self.ssh.chmod(0o755)

    def host(self, name: str, **properties: Any) -> FakeXen:
        """A dom0 of that name with an empty neighbour table."""
        fake = FakeXen(self.root / "hosts" / name, **properties)
        self.program(name, "ip", "exit 0")
        return fake

    def program(self, host: str, name: str, script: str) -> None:
        """Let a program of a host be this shell script."""
        path = self.root / "hosts" / host / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def neighbours(self, host: str, *lines: str) -> None:
        """What `ip neigh` says there."""
        (self.root / "hosts" / host / "neighbours").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.program(host, "ip", f"cat '{self.root}/hosts/{host}/neighbours'")

    def slow(self, host: str, seconds: float) -> None:
        (self.root / "hosts" / host / "delay").write_text(str(seconds), encoding="utf-8")

    def greets(self, host: str, text: str) -> None:
        """What a login shell prints before anything else."""
        (self.root / "hosts" / host / "greeting").write_text(text, encoding="utf-8")

    def source(self, name: str = "fleet.xen_domains.yml", **options: Any) -> Path:
        """A file for the plugin that uses the fake ssh."""
        path = self.inventory / name
        # however busy the machine of the tests is
        patient = {"timeout": 100, "ssh_executable": str(self.ssh)}
        every = {"plugin": "netbsd.xen.xen_domains", **patient, **options}
        path.write_text(json.dumps(every), encoding="utf-8")
        return path

    def calls(self) -> list[str]:
        """Every command line of ssh."""
        log = self.root / "ssh.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def run(self, *command: str, rc: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """One of Ansible's commands of this Python's environment.

        :param rc: how it must end; None for any.
        """
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=self.root,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": collections_root(),
                "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
                "ANSIBLE_HOME": str(self.root / "home"),
                "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.root / "cp"),
                "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
                "ANSIBLE_NOCOLOR": "1",
                "NO_COLOR": "1",
                "COLUMNS": "1000",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert rc is None or done.returncode == rc, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def listed(self, source: Path | None = None, **environment: str) -> dict[str, Any]:
        """`ansible-inventory --list`, hosts of groups in the order of their names.

        :returns: also ``warnings``, and ``trusted``: the variables of hosts with a string in them that is not marked as
            unsafe, ``HOST.VARIABLE``.
        """
        done = self.run("ansible-inventory", "-i", str(source or self.inventory), "--list", **environment)
        found: dict[str, Any] = json.loads(done.stdout)
        trusted = [
            f"{host}.{name}"
            for host, variables in found["_meta"]["hostvars"].items()
            for name, value in variables.items()
            if _has_trusted(value)
        ]
        plain: dict[str, Any] = _unmarked(found)
        for group in plain.values():
            if "hosts" in group:
                group["hosts"].sort()
        return {**plain, "warnings": done.stderr, "trusted": trusted}


def _has_trusted(value: Any) -> bool:
    if isinstance(value, dict):
        return "__ansible_unsafe" not in value and any(map(_has_trusted, value.values()))
    return isinstance(value, str) or (isinstance(value, list) and any(map(_has_trusted, value)))


def _unmarked(value: Any) -> Any:
    """Without the marks of what is unsafe."""
    if isinstance(value, dict):
        marked = value.get("__ansible_unsafe")
        return marked if marked is not None else {key: _unmarked(item) for key, item in value.items()}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value
