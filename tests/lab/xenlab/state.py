# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down about an instance, so that the next command finds it again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import LabError
from .machine import Machine


@dataclass(frozen=True)
class State:
    """One instance. snapshot is None after a cold boot; started is in seconds since 1970; image is its directory."""

    name: str
    image: str
    machine: Machine
    port: int
    pid: int
    snapshot: str | None
    started: float


def write_json(path: Path, data: object) -> None:
    """Write atomically: a reader sees the old text or the new one."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(data, indent=2) + "\n")
    os.replace(temporary, path)


def save(state: State, path: Path) -> None:
    """Write the state file."""
    write_json(path, asdict(state))


def load(path: Path) -> State | None:
    """Read a state file; None if there is none. LabError if it is no state file of this version of the lab."""
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise LabError(f"{path} is not JSON: {error}") from error
    try:
        return State(**{**data, "machine": Machine(**data["machine"])})
    except (KeyError, TypeError) as error:
        raise LabError(f"{path} is of another version of the lab: end its instance with `lab down`") from error
