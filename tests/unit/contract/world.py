# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host below a temporary directory: the fake Xen, the files that modules read and write, a way to run one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.tests.fake import saving
from ansible_collections.netbsd.xen.tests.fake import state as states
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen

_SERVER = Path(__file__).with_name("server.py")


class Outcome(NamedTuple):
    """One run of a module: its result, and which commands it ran that change something."""

    result: dict[str, Any]
    mutating: list[list[str]]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


class Server:
    """The process of ``server.py``; one for a whole test session."""

    def __init__(self, modules: list[str], collections: str) -> None:
        environment = {**os.environ, "PYTHONPATH": collections}
        self.process = subprocess.Popen(
            [sys.executable, str(_SERVER), *modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def run(self, job: dict[str, Any]) -> int:
        """The exit status of the module."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the module server ended with status {self.process.wait(10)}"
        return int(json.loads(answer)["rc"])

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)


class World:
    """A host.

    :ivar root: everything that a module may touch lies below it: ``etc``, ``save``, ``auto``, ``disks``.
    :ivar moves: constants of the module_utils that have another value on this host, such as
        ``{"packages._pkgin.LOG": "..."}``: the way of modules that have no option for a path.
    :ivar ends: what a case has started, and must be ended after it.
    """

    def __init__(self, directory: Path, server: Server) -> None:
        self.server = server
        self.directory = directory
        self.root = directory / "host"
        for folder in ("etc", "save", "auto", "log", "disks", "net/xenbr0/bridge"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "capabilities").write_text("control_d\n", encoding="ascii")
        self.xen = FakeXen(directory / "xen")
        self.kernel, self.ramdisk = self.file("disks/vmlinuz", b"\x7fELF"), self.file("disks/initrd.gz", b"\x1f\x8b")
        self.output = directory / "output"
        # where tempfile makes its files
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        self.moves: dict[str, Any] = {}
        self.ends: list[Callable[[], None]] = []

    def file(self, name: str, content: bytes = b"\0" * 512) -> str:
        path = self.root / name
        path.write_bytes(content)
        return str(path)

    def config(self, name: str, text: str) -> Path:
        """A config file as somebody wrote it, with the mode of such files."""
        path = self.root / "etc" / f"{name}.cfg"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o640)
        return path

    def save(self, name: str) -> None:
        """Save the domain as `xl save` does, without a call in the log."""
        path = self.root / "save" / f"{name}.save"
        with states.locked(str(self.xen.state_file)) as state, contextlib.redirect_stderr(io.StringIO()):
            saving.save(state, [name, str(path)])

    def run(self, module: str, parameters: dict[str, Any], check: bool) -> Outcome:
        """Run the module as Ansible does, in check mode or for real."""
        self._start(module, parameters, check)
        return self._outcome(module)

    def _outcome(self, module: str) -> Outcome:
        text = self.output.read_text(encoding="utf-8")
        try:
            result = json.loads(text.splitlines()[-1])
        except (json.JSONDecodeError, IndexError):
            raise AssertionError(f"{module} did not end as a module does:\n{text}") from None
        assert "exception" not in result or result.get("error_id"), f"{module} crashed:\n{result['exception']}"
        return Outcome(result, self.xen.mutating_calls())

    def is_killed(self, module: str, parameters: dict[str, Any], after_step: int | None = None) -> bool:
        """Run the module for real, and see it killed: after so many steps, or by a fault of the fake.

        :returns: False when it came to its end before that.
        """
        return self._start(module, parameters, False, dies_after_step=after_step) == -signal.SIGKILL

    def points(self, module: str, parameters: dict[str, Any]) -> tuple[Outcome, list[str]]:
        """Run the module for real; its result, and each change that it was about to make (``dying``)."""
        points = self.directory / "points"
        self._start(module, parameters, False, dies_at=0, points=str(points))
        return self._outcome(module), points.read_text(encoding="utf-8").splitlines()

    def is_killed_at(self, module: str, parameters: dict[str, Any], number: int) -> bool:
        """The same, and see it killed before so manieth change; False when it came to its end before that."""
        points = str(self.directory / "points")
        return self._start(module, parameters, False, dies_at=number, points=points) == -signal.SIGKILL

    def runs_out_of_space_at(self, module: str, parameters: dict[str, Any], number: int) -> Outcome:
        """The same, and so manieth change fails, since the disk is full; there is room again for the next one."""
        points = str(self.directory / "points")
        self._start(module, parameters, False, dies_at=number, points=points, error=errno.ENOSPC)
        return self._outcome(module)

    def _start(self, module: str, parameters: dict[str, Any], check: bool, **more: Any) -> int:
        self.xen.forget_calls()
        arguments = {
            **parameters, "_ansible_check_mode": check, "_ansible_diff": True,
            "_ansible_module_name": f"netbsd.xen.{module}",
        }  # fmt: skip
        return self.server.run({
            "module": module, "arguments": arguments, "root": str(self.root), "output": str(self.output),
            "environment": {**self.xen.environment, "TMPDIR": str(self.temporary)}, "moves": self.moves, **more,
        })  # fmt: skip

    def tree(self) -> dict[str, tuple[Any, ...]]:
        """Every file with content, mode, owner and time of change; folders with their mode."""
        found: dict[str, tuple[Any, ...]] = {}
        for path in sorted(self.root.rglob("*")):
            info, name = path.lstat(), str(path.relative_to(self.root))
            if path.is_symlink():
                found[name] = ("link", os.readlink(path))
            elif path.is_dir():
                found[name] = ("folder", info.st_mode)
            else:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[name] = (digest, info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns)
        return found

    def guests(self) -> dict[str, Any]:
        """All domains as they are, but for what passes by itself."""
        return {domain["name"]: {**domain, "ending": None} for domain in self.xen.state["domains"]}
