# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on a real Xen host of the lab, without Ansible's way to it: a run costs a second, not ten.

What is run is the module itself, with Ansible's own module_utils, in a process of its own in dom0. Ansible's way to a
host is what the molecule scenarios are for.
"""

from __future__ import annotations

import importlib.util
import io
import json
import queue
import shlex
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab.lab import Host  # noqa: E402 - found in tests/lab, after the path above

FOLDER = "/root/modules"
# No module of a test takes longer than this, waits included.
MODULE_TIMEOUT = 400.0
_PLUGINS = ("module_utils", "modules")
# What no module needs, and would take time to copy.
_LEFT_OUT = ("__pycache__", "csharp", "powershell", "facts")


class ModuleFailed(AssertionError):
    """A module ended with ``failed``; ``result`` is all that it returned."""

    def __init__(self, module: str, result: dict[str, Any]) -> None:
        super().__init__(f"{module}: {result.get('msg')}\n{json.dumps(result, indent=1)}")
        self.result = result


class LabHost:
    """A host of the lab with the modules on it; a context manager.

    :param python: the interpreter on the host.
    :param own_connection: not the one that all sessions on the host share.
    """

    def __init__(self, host: Host, python: str = "python3", own_connection: bool = False) -> None:
        self.host = host
        self._copy()
        remote = f"cd {FOLDER} && exec env PYTHONPATH={FOLDER} {shlex.quote(python)} -B server.py"
        command = host.ssh.command([remote])
        if own_connection:
            command[1:1] = ["-o", "ControlPath=none"]  # of two, ssh takes the first
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> LabHost:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server.stdin:
            self._server.stdin.close()
        try:
            self._server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    # -- modules

    def module(self, name: str, arguments: dict[str, Any], check: bool = False) -> dict[str, Any]:
        """Run a module of the collection; its result.

        :raises ModuleFailed: it says ``failed``.
        """
        return _result(name, self._run(name, arguments, check)["text"])

    def replaced(self, name: str, arguments: dict[str, Any]) -> list[str]:
        """Run a module; the files that it put in place under their names, in order.

        :raises ModuleFailed: it says ``failed``.
        """
        answer = self._run(name, arguments, check=False)
        _result(name, answer["text"])
        return list(answer["replaced"])

    def is_killed(self, name: str, arguments: dict[str, Any], at_replacing: int = 0) -> bool:
        """Run a module that something kills; False when it came to its own end before that.

        :param at_replacing: it is killed just before so manieth file gets its name, counted from 1.
        """
        return bool(self._run(name, arguments, check=False, dies_at=at_replacing)["rc"] == -signal.SIGKILL)

    def _run(self, name: str, arguments: dict[str, Any], check: bool, dies_at: int = 0) -> dict[str, Any]:
        """What the module server answers: exit status ``rc``, all that the module wrote, files it ``replaced``."""
        internal = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
        assert self._server.stdin
        job = {"module": name, "arguments": {**arguments, **internal}, "dies_at": dies_at}
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] | None = json.loads(self._answers.get(timeout=MODULE_TIMEOUT) or "null")
        assert answer, f"the module server on {self.host.name} has ended"
        return answer

    def fails(self, name: str, arguments: dict[str, Any], error_id: str, check: bool = False) -> dict[str, Any]:
        """Run a module that must fail with this ``error_id``; its result."""
        try:
            result = self.module(name, arguments, check)
        except ModuleFailed as error:
            assert error.result.get("error_id") == error_id, str(error)
            return error.result
        raise AssertionError(f"{name} did not fail: {json.dumps(result, indent=1)}")

    def change(
        self, name: str, arguments: dict[str, Any], actions: list[str] | None = None, again: bool = True
    ) -> dict[str, Any]:
        """Check, do, do again, check again; the result of doing.

        The check run must tell what the real one does, and the second run must find nothing to do.

        :param actions: what it must do, if that is known; an empty list for nothing.
        :param again: False for what is done each time it is asked for.
        """
        planned = self.module(name, arguments, check=True)
        done = self.module(name, arguments)
        for key in ("changed", "actions", "differences", "diff"):
            assert planned.get(key) == done.get(key), f"{key}: {planned.get(key)} planned, {done.get(key)} done"
        if actions is not None:
            assert done["actions"] == actions, done["actions"]
            assert done["changed"] == bool(actions)
        if again:
            for check in (False, True):
                repeated = self.module(name, arguments, check)
                assert not repeated["changed"], json.dumps(repeated, indent=1)
                assert not repeated.get("actions"), repeated["actions"]
        return done

    # -- the host's own tools

    def sh(self, command: str, timeout: float = 120.0) -> str:
        """A shell command on the host that must succeed; its stdout."""
        return self.host.check(command, timeout)

    def rc(self, command: str, timeout: float = 120.0) -> int:
        """The exit code of a shell command on the host."""
        return self.host.run(command, timeout).rc

    # -- inside

    def _read(self) -> None:
        assert self._server.stdout
        for line in self._server.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _copy(self) -> None:
        """One archive through ssh: the collection's plugins, Ansible's module_utils, and the server."""
        spec = importlib.util.find_spec("ansible")
        assert spec and spec.origin
        ansible = Path(spec.origin).parent
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
            archive.add(Path(__file__).with_name("module_server.py"), "server.py")
            # the package's own __init__ is for the controller
            archive.addfile(tarfile.TarInfo("ansible/__init__.py"))
            for name in ("release.py", "module_utils"):
                archive.add(ansible / name, f"ansible/{name}", filter=_needed)
            for name in _PLUGINS:
                archive.add(ROOT / "plugins" / name, f"ansible_collections/netbsd/xen/plugins/{name}", filter=_needed)
        remote = f"rm -rf {FOLDER} && mkdir -p -m 700 {FOLDER} && tar -xzf - -C {FOLDER}"
        subprocess.run(self.host.ssh.command([remote]), input=buffer.getvalue(), check=True, timeout=120)


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name in _LEFT_OUT else member


def _result(module: str, text: str) -> dict[str, Any]:
    result = _json_in(text)
    if result is None:
        raise AssertionError(f"{module} printed no result:\n{text}")
    if result.get("failed"):
        raise ModuleFailed(module, result)
    return result


def _json_in(text: str) -> dict[str, Any] | None:
    """The result is the last line that is a JSON object; what stands before it is somebody's debugging."""
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return None
