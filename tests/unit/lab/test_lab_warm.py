# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot that is saved goes on afterwards, whatever became of the save."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from xenlab import warm
from xenlab.errors import LabError


class Monitor:
    """QEMU as far as saving goes: a save that ends by itself, or only when it is cancelled."""

    def __init__(self, slow: bool) -> None:
        self.slow = slow
        self.status = "none"
        self.done: list[str] = []

    def do(self, command: str, **arguments: object) -> dict[str, str]:
        self.done.append(command)
        if command == "migrate":
            self.status = "active" if self.slow else "completed"
            Path(str(arguments["uri"]).rpartition("> ")[2]).touch()
        elif command == "migrate_cancel":
            self.status = "cancelled"
        elif command == "cont":
            # what QEMU does: it stops the machine at the end of a save that is still under way
            assert self.status != "active"
        return {"status": self.status}


def save(monitor: Monitor, folder: Path) -> bool:
    console = folder / "console.log"
    console.write_text(f"{warm.PAUSE}\n")
    return warm.save(monitor, folder / "warm" / "boot.lz4", console, 0, time.monotonic())


def test_a_saved_boot_goes_on(tmp_path: Path) -> None:
    monitor = Monitor(slow=False)
    assert save(monitor, tmp_path)
    assert [path.name for path in (tmp_path / "warm").iterdir()] == ["boot.lz4"]
    assert monitor.done[-1] == "cont"


def test_a_boot_whose_save_takes_too_long_goes_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "SAVE_TIMEOUT", 0.1)
    monitor = Monitor(slow=True)
    with pytest.raises(LabError, match="saving the boot"):
        save(monitor, tmp_path)
    assert monitor.done.index("migrate_cancel") < monitor.done.index("cont")
    assert list((tmp_path / "warm").iterdir()) == []


def test_a_boot_that_has_gone_on_already_is_not_saved(tmp_path: Path) -> None:
    monitor = Monitor(slow=False)
    console = tmp_path / "console.log"
    console.write_text(f"{warm.PAUSE}\n{warm.RESUME}\n")
    assert not warm.save(monitor, tmp_path / "boot.lz4", console, 0, time.monotonic())
    assert monitor.done == ["stop", "query-migrate", "cont"]
