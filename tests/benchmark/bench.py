# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: what the collection costs, as ratios against a peer measured in the same run.

Absolute seconds say something about the machine only; the ratios are the result. Nothing here is a test: no figure is
asserted, because a busy machine would make it lie.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".cache/collections"), str(ROOT / "tests/lab"), str(ROOT)]

import reading  # noqa: E402 - found beside this file, after the paths above
import tasks  # noqa: E402
from table import render  # noqa: E402


def main() -> int:
    print(f"Python {platform.python_version()} on {platform.machine()}, {_processor()}")
    print("\nReading and planning, in one process; peer: Xen's own parser (libxlutil)")
    print(render(reading.measure()))
    print("\nStarting each module, before it does anything; peer: ansible.builtin.ping", flush=True)
    _program("startup")
    print("\nplaybooks/domains.yml on simulated hosts with nothing to do", flush=True)
    _program("fleet")
    if "--no-lab" not in sys.argv[1:]:
        print("\nOne task on the lab host, over a persistent SSH connection; peer: ansible.builtin.ping")
        print(render(tasks.measure()))
        print("\nThe role xen_dom0 on a host that is as it should be; peer: ansible.builtin.ping", flush=True)
        _program("roles")
    return 0


def _program(name: str) -> None:
    """Run a benchmark of this folder by itself: it loads Ansible, or the collection, in a way of its own."""
    subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
