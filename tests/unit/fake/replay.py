# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded runs of the real xl, and a fake host in the shape of the one where they were recorded."""

from __future__ import annotations

import difflib
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.fake.state import read, write

CAPTURES = Path(__file__).resolve().parents[2] / "fixtures" / "captures"
_RECORD = re.compile(rb"##COMMAND (.*?)\n##RC (\d+)\n.*?##STDOUT (\d+) bytes\n", re.DOTALL)


class Said(NamedTuple):
    """What a program answered."""

    rc: int
    stdout: str
    stderr: str


class Capture(NamedTuple):
    """One recorded run."""

    command: str
    said: Said


def capture(name: str) -> Capture:
    """The record whose file name begins with ``name``, such as "b-life-045"."""
    (path,) = CAPTURES.glob(f"{name}-*.txt")
    raw = path.read_bytes()
    match = _RECORD.match(raw)
    assert match, f"{path} is no capture"
    command, rc, length = match.group(1).decode(), int(match.group(2)), int(match.group(3))
    stdout = raw[match.end() : match.end() + length]
    stderr = raw[match.end() + length :].partition(b"\n")[2]
    return Capture(command, Said(rc, stdout.decode(), stderr.decode()))


class RealHost(FakeXen):
    """The fake in the shape of the host of the captures: no nested paging, no qemu, its files below ``srv``."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, bridges=["xenbr0", "xenbr1"], hap=False, qemu=False)
        self.srv = directory / "srv"
        for folder in ("t", "domu"):
            (self.srv / folder).mkdir(parents=True)
        for name, content in (
            ("vmlinuz", b"MZ"),
            ("initrd.gz", b"\x1f\x8b"),
            *((f"disk{number}.img", b"\0" * 512) for number in range(4)),
        ):
            (self.srv / "domu" / name).write_bytes(content)

    def cfg(self, name: str, text: str) -> Path:
        """A config file below /srv/t; "/srv" in it means this host's ``srv``."""
        path = self.srv / "t" / f"{name}.cfg"
        path.write_text(self.here(text), encoding="utf-8")
        return path

    def here(self, text: str) -> str:
        """Text of the real host with its paths turned into ours."""
        return text.replace("/dev/loop7", "/srv/domu/disk1.img").replace("/srv/", f"{self.srv}/")

    def change(self, **values: Any) -> None:
        """Set parts of the state that have no method of their own, such as ``next_domid``."""
        state = read(str(self.state_file))
        state.data.update(values)
        write(str(self.state_file), state)

    def run(self, command: str) -> Said:
        done = subprocess.run(
            shlex.split(self.here(command)),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def check(self, name: str) -> None:
        """Run the command of a capture; what the fake says must be what the real xl said."""
        recorded = capture(name)
        said = self.run(recorded.command)
        expected = Said(recorded.said.rc, self.here(recorded.said.stdout), self.here(recorded.said.stderr))
        difference = "\n".join(difflib.unified_diff(_lines(expected), _lines(said), "xl", "fake", lineterm=""))
        assert not difference, f"{name}: {recorded.command}\n{difference}"


_VARYING = (
    (re.compile(r'"uuid": "[-0-9a-f]{36}"'), '"uuid": "UUID"'),  # drawn anew where the file has none
    (re.compile(r"^(.{63}[rbpsdcwS-]{6}) +\d+\.\d", re.MULTILINE), r"\1 TIME"),  # cpu time in `xl list`
    (re.compile(r"^(.{63})[rb-]{2}(----)", re.MULTILINE), r"\1RB\2"),  # whether it just ran or waited
    (re.compile(r"^(.{38} +\d+ ) +\d+   [rb-]{2}- +\d+\.\d", re.MULTILINE), r"\1WHERE"),  # in `xl vcpu-list`
    (re.compile(r"^(.{38} +\d+    -   --p) +\d+\.\d", re.MULTILINE), r"\1 TIME"),
    (re.compile(r"(info 0x3/0x0/)\d+"), r"\1LENGTH"),  # of the saved JSON: the paths differ
    (re.compile(r"\[\d+\] exited"), "[PID] exited"),
    (re.compile(r" +\d+/\d+ +(/local/)"), r" RING \1"),  # grant references of a vif
)


def _lines(said: Said) -> list[str]:
    """The answer without what depends on time, process ids or the length of paths, for a readable comparison."""
    text = f"rc {said.rc}\n{said.stdout}--- stderr\n{said.stderr}"
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text.split("\n")
