# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test does with the fake: set up a host, arm faults, look at what was run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake import build, cli, parse, xlconfig
from ansible_collections.netbsd.xen.tests.fake.state import DEFAULT_GUEST, State, read, write

# Every other command of xl is taken for one that changes something.
READ_ONLY = {
    "list", "info", "uptime", "domid", "domname", "vm-list", "vcpu-list", "network-list", "block-list", "pci-list",
    "pci-assignable-list", "help", "dmesg", "cpupool-list", "claims", "",
}  # fmt: skip
FAULTS = {
    "permission_denied", "no_xen", "no_xen_debian", "xenstored_down", "list_fails", "create_fails_halfway", "hang",
    "fails", "kills_caller", "xend_down",
}  # fmt: skip
_DRY_RUN = {"-n", "--dryrun"}
_PROGRAM = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from ansible_collections.netbsd.xen.tests.fake.cli import main
sys.exit(main(sys.argv))
"""


class FakeXen:
    """A fake host below ``directory``: its programs in ``bin``, and files that guests can be made of.

    Use the fixture ``fake_xen``, which also puts the programs on ``PATH``; a test that starts processes itself takes
    ``environment``.
    """

    def __init__(self, directory: Path, **host: Any) -> None:
        self.directory = directory
        self.bin = directory / "bin"
        self.state_file = directory / "xen.json"
        self.bin.mkdir(parents=True)
        self._write(State.fresh(**host))
        for program in cli.PROGRAMS:
            path = self.bin / program
            path.write_text(_PROGRAM.format(python=sys.executable, root=collections_root()), encoding="utf-8")
            path.chmod(0o755)
        self.kernel = self.file("vmlinuz", b"\x7fELF a kernel for the fake only")
        self.ramdisk = self.file("initrd.gz", b"\x1f\x8b")

    @classmethod
    def at(cls, directory: Path) -> FakeXen:
        """The fake host that was made there already."""
        fake = object.__new__(cls)
        fake.directory, fake.bin, fake.state_file = directory, directory / "bin", directory / "xen.json"
        return fake

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a process needs to meet this host."""
        return {
            **os.environ,
            "FAKE_XL_STATE": str(self.state_file),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
        }

    @property
    def state(self) -> dict[str, Any]:
        """A copy of all that the fake knows; see ``state.py``."""
        return read(str(self.state_file)).data

    @property
    def free_memory(self) -> int:
        """MiB, as `xl info` says."""
        return read(str(self.state_file)).free_mib

    def file(self, name: str, content: bytes = b"\0" * 512) -> Path:
        """A file on the fake host (a kernel, a disk image)."""
        path = self.directory / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def host(self, **properties: Any) -> None:
        """Change properties of the host: ``bridges``, ``total_mib``, ... (``state.DEFAULT_HOST``)."""
        state = read(str(self.state_file))
        unknown = set(properties) - set(state.host)
        assert not unknown, f"unknown properties of the host: {unknown}"
        state.host.update(properties)
        self._write(state)

    def guest(self, name: str, **behaviour: Any) -> None:
        """How a guest of that name behaves, now and later: ``ignores_shutdown=True``, ... (``state.DEFAULT_GUEST``)."""
        unknown = set(behaviour) - set(DEFAULT_GUEST)
        assert not unknown, f"unknown behaviour: {unknown}"
        state = read(str(self.state_file))
        state.data["guests"].setdefault(name, {}).update(behaviour)
        self._write(state)

    def fault(self, name: str, command: str | None = None, times: int | None = 1, **details: Any) -> None:
        """Arm a fault for the next ``times`` calls (None: all) of ``command`` (None: any).

        ``permission_denied``, ``no_xen``, ``no_xen_debian``, ``xenstored_down``: xl cannot work. ``list_fails``:
        `xl list` fails, as it does now and then on a busy host. ``create_fails_halfway``: the domain stays behind.
        ``xend_down``: xm cannot work. ``hang``: the call sleeps for ``seconds``. ``fails``: it ends with ``rc`` and
        ``stderr``.
        ``kills_caller``: after so many ``calls`` of xl the process that made the last of them is killed.
        """
        assert name in FAULTS, f"no such fault: {name}"
        state = read(str(self.state_file))
        state.data["faults"].append({"name": name, "command": command, "times": times, **details})
        self._write(state)

    def rearm(self, faults: list[dict[str, Any]]) -> None:
        """Make these the armed faults, as ``state["faults"]`` gave them."""
        state = read(str(self.state_file))
        state.data["faults"] = faults
        self._write(state)

    def add_domain(self, config: str | Path, state: str = "running", **changes: Any) -> dict[str, Any]:
        """A domain that exists already, made of a config file or its text, without a call in the log.

        :param state: "running", "paused", "shutdown", "crashed" or "dying".
        :param changes: overwrite parts of the domain's record, such as ``started`` or ``memory_kib``.
        """
        text = config.read_text(encoding="utf-8") if isinstance(config, Path) else config
        fake = read(str(self.state_file))
        wanted = parse.domain_config(xlconfig.parse("<test>", text), fake.host["nr_cpus"], _must_be_silent)
        domain = build.make_domain(fake, parse.in_order(wanted))
        condition: dict[str, dict[str, Any]] = {
            "running": {"pause_count": 0},
            "paused": {"pause_count": 1},
            "shutdown": {"pause_count": 0, "shutdown_reason": "poweroff"},
            "crashed": {"pause_count": 0, "shutdown_reason": "crash"},
            "dying": {"dying": True, "name": None, "memory_kib": 0},
        }
        domain.update({**condition[state], **changes})
        self._write(fake)
        return domain

    def change(self, name: str, **record: Any) -> None:
        """Overwrite parts of a domain's record, as somebody at the host would with a command of xl."""
        state = read(str(self.state_file))
        domain = state.by_name(name)
        assert domain, f"no such domain: {name}"
        domain.update(record)
        self._write(state)

    def domain(self, name: str) -> dict[str, Any] | None:
        """The live domain of that name, or None."""
        return read(str(self.state_file)).by_name(name)

    def advance(self, seconds: int) -> None:
        """Let the host's clock go on: uptimes grow."""
        state = read(str(self.state_file))
        state.data["clock"] += seconds
        self._write(state)

    def calls(self) -> list[list[str]]:
        """Every command line so far, as lists that begin with the program's name."""
        log = Path(f"{self.state_file}.calls")
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []

    def mutating_calls(self) -> list[list[str]]:
        """Those that were meant to change something."""
        return [call for call in self.calls() if is_mutating(call)]

    def forget_calls(self) -> None:
        """Begin a new log."""
        Path(f"{self.state_file}.calls").unlink(missing_ok=True)

    def _write(self, state: State) -> None:
        write(str(self.state_file), state)


def is_mutating(call: list[str]) -> bool:
    """Whether a call, as ``FakeXen.calls`` gives it, is meant to change something."""
    if call[0] not in ("xl", "xm"):
        return False
    arguments = call[1:]
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    if command == "create":
        dry = "N" in "".join(option for option in arguments[: arguments.index("create")]) or _DRY_RUN & set(arguments)
        return not dry
    return command not in READ_ONLY


def _must_be_silent(remark: str) -> None:
    raise AssertionError(f"xl would remark on this config: {remark}")


def collections_root() -> str:
    """The folder that holds ``ansible_collections`` as this module was imported."""
    return str(Path(os.path.abspath(__file__)).parents[5])


@pytest.fixture
def fake_xen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeXen]:
    """A fresh fake host whose programs are first on PATH."""
    fake = FakeXen(tmp_path / "xen")
    for name in ("FAKE_XL_STATE", "PATH"):
        monkeypatch.setenv(name, fake.environment[name])
    yield fake
