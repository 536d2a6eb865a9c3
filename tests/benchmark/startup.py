# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-fleet`, second table: what it takes to start each module, before it does anything.

Ansible sends a module with all of the module_utils that it imports as one text, and the host compiles them anew for
each task. Here each such text runs on this machine with an option that no module has, and without those that it needs,
so that it ends where its work would begin. With pipelining the text goes to Python's standard input, as here.
"""

from __future__ import annotations

import base64
import io
import re
import resource
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
PEER = "ansible.builtin.ping"
# modules that people use for what ours do
OTHERS = ("ansible.builtin.command", "ansible.builtin.copy", "ansible.builtin.service_facts", "ansible.builtin.setup")
NO_OPTION = "no_such_option"
_ARCHIVE = re.compile(rb"""['"]([A-Za-z0-9+/=\n]{1000,})['"]""")


class Startup(NamedTuple):
    """``sent``: bytes. ``files``: modules of Python in it. ``seconds`` and ``cpu`` (seconds of CPU, which do not depend
    on what else the machine does): medians of ``RUNS`` starts."""

    module: str
    sent: int
    files: int
    seconds: float
    cpu: float


def measure() -> list[Startup]:
    """Every module of the collection, and a few of Ansible's."""
    init_plugin_loader([str(ROOT / ".cache/collections")])
    ours = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
    texts = {name: payload(name) for name in (PEER, *OTHERS, *(f"netbsd.xen.{name}" for name in ours))}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in texts}
    for _run in range(RUNS):
        # in turns, so that what else the machine does falls on all of them
        for name, text in texts.items():
            times[name].append(start(name, text))
    return [
        Startup(name, len(text), len(list(python_files(text))), *map(statistics.median, zip(*times[name], strict=True)))
        for name, text in texts.items()
    ]


def payload(name: str) -> bytes:
    """What Ansible sends for a task of this module: see ActionBase._configure_module."""
    path = module_loader.find_plugin(name)
    built = modify_module(
        module_name=name,
        module_path=path,
        module_args={NO_OPTION: True, "_ansible_check_mode": True},
        templar=Templar(DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    return bytes(built.b_module_data)


def python_files(text: bytes) -> Iterator[str]:
    """The files of Python in a payload."""
    for match in _ARCHIVE.finditer(text):
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(match.group(1)))) as archive:
            yield from (name for name in archive.namelist() if name.endswith(".py"))


def start(name: str, text: bytes) -> tuple[float, float]:
    """Seconds and CPU seconds of one start.

    :raises RuntimeError: it did not refuse them, so it is something else that took so long.
    """
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable], input=text, capture_output=True, check=False)
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if b'"failed": true' not in done.stdout:
        raise RuntimeError(f"{name} did not refuse its options: {done.stdout!r} {done.stderr!r}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def render(rows: list[Startup]) -> str:
    """A line a module, the peer first, then by what they cost."""
    peer = rows[0].cpu
    lines = [f"{'':36} {'KiB sent':>9} {'files':>6} {'seconds':>8} {'CPU s':>7} {'x ping':>7}"]
    lines += [
        f"{row.module:36} {row.sent / 1024:9.0f} {row.files:6d} {row.seconds:8.3f} {row.cpu:7.3f} {row.cpu / peer:7.2f}"
        for row in sorted(rows, key=lambda row: (row.module != PEER, row.cpu))
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"{RUNS} starts of each module in turns, medians; on this machine\n")
    print(render(measure()))
