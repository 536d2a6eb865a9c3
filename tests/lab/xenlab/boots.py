# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down about each boot of a host with a boot loader of its own: boots.json of the instance."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .state import write_json

FILE = "boots.json"
STARTING, UP = "starting", "up"


@dataclass
class Boot:
    """One boot.

    number counts from 1; started is in seconds since 1970; snapshot: the one it was restored from, or "". loader,
    config, entry, title, why, commands: see loader.outcome.Choice. kind: "xen", "native" or "none"; kernel and
    kernel_arguments, xen and xen_arguments as the entry has them; hidden: PCI functions given to pciback; qemu: what
    QEMU was told to load; warm: it began where the same files had got to before (warm.py). result: "starting", "up",
    "dead: …" (nothing was started), "waits: …" or "panic: …"; ended: why it is over, "" while it lasts. offset: where
    it begins in the console log.
    """

    number: int
    started: float
    snapshot: str = ""
    loader: str = ""
    config: str = ""
    entry: int = 0
    title: str = ""
    why: str = ""
    commands: list[str] = field(default_factory=list)
    kind: str = "none"
    kernel: str = ""
    kernel_arguments: str = ""
    xen: str = ""
    xen_arguments: str = ""
    hidden: list[str] = field(default_factory=list)
    qemu: list[str] = field(default_factory=list)
    warm: bool = False
    result: str = STARTING
    ended: str = ""
    offset: int = 0

    @property
    def failed(self) -> bool:
        """Whether it is of no use to wait any longer."""
        return self.result not in (STARTING, UP)


def load(directory: Path) -> list[Boot]:
    """All boots of an instance, the last one last."""
    try:
        return [Boot(**each) for each in json.loads((directory / FILE).read_text())]
    except FileNotFoundError:
        return []


def save(directory: Path, boots: list[Boot]) -> None:
    """Write them; a reader sees the old list or the new one."""
    write_json(directory / FILE, [asdict(each) for each in boots])


def describe(boot: Boot) -> str:
    """A few lines for a person."""
    entry = f"entry {boot.entry} `{boot.title}` ({boot.why})" if boot.entry else (boot.why or boot.loader)
    lines = [f"boot {boot.number}: {boot.kind}, {boot.result}" + (f"; ended: {boot.ended}" if boot.ended else "")]
    if boot.snapshot:
        lines.append(f"  restored from snapshot {boot.snapshot}")
    lines.append(f"  {boot.config or 'no file'}: {entry}")
    if boot.xen:
        lines.append(f"  xen:    {boot.xen} {boot.xen_arguments}")
    if boot.kernel:
        lines.append(f"  kernel: {boot.kernel} {boot.kernel_arguments}")
    if boot.hidden:
        lines.append(f"  pciback: {' '.join(boot.hidden)}")
    return "\n".join(line.rstrip() for line in lines)
