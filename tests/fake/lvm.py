# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stateful fake of lvm(8), as much of it as the collection runs.

Its volumes are files below ``dev``, so that their content can be looked at. What it says was taken from a real run of
LVM 2.03.16 (``tests/fixtures/lvm.txt``), and a test holds it to that.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

EXTENT = 4 * 1024 * 1024
_PROGRAM = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from ansible_collections.netbsd.xen.tests.fake.lvm import main
sys.exit(main({directory!r}, sys.argv))
"""
# the host of the recording has no daemon for polling
_NO_POLLING = """  /run/lvm/lvmpolld.socket: connect failed: No such file or directory
  WARNING: Failed to connect to lvmpolld. Proceeding with polling without using lvmpolld.
  WARNING: Check global/use_lvmpolld in lvm.conf or the lvmpolld daemon state."""


class Failed(Exception):
    """What it says on stderr, without its indentation, and its exit status."""

    def __init__(self, said: str, status: int = 5) -> None:
        super().__init__(said)
        self.status = status


class FakeLvm:
    """A host with volume groups: ``program`` is its lvm, ``dev`` the folder of its devices."""

    def __init__(self, directory: Path, groups: dict[str, int]) -> None:
        """:param groups: extents of each group."""
        self.directory, self.dev, self.program = directory, directory / "dev", directory / "lvm"
        for group in groups:
            (self.dev / group).mkdir(parents=True)
        self._file = directory / "lvm.json"
        self._file.write_text(json.dumps({"groups": groups, "volumes": []}), encoding="ascii")
        root = str(Path(__file__).absolute().parents[5])
        text = _PROGRAM.format(python=sys.executable, root=root, directory=str(directory))
        self.program.write_text(text, encoding="utf-8")
        self.program.chmod(0o755)

    @property
    def volumes(self) -> dict[str, int]:
        """Size in bytes of each volume, by ``GROUP/NAME``."""
        volumes = json.loads(self._file.read_text(encoding="ascii"))["volumes"]
        return {f"{each['group']}/{each['name']}": each["extents"] * EXTENT for each in volumes}

    def volume(self, group: str, name: str, extents: int, content: bytes = b"", **more: Any) -> Path:
        """A volume that is there already; gives its device.

        :param more: ``open``, somebody has it; ``origin``, of a snapshot.
        """
        state = State(self.directory)
        state.add(group, name, extents).update(more)
        state.save()
        device = self.dev / group / name
        with device.open("r+b") as stream:
            stream.write(content)
        return device


class State:
    """Groups and volumes, in a file."""

    def __init__(self, directory: Path) -> None:
        self.file, self.dev = directory / "lvm.json", directory / "dev"
        self.data: dict[str, Any] = json.loads(self.file.read_text(encoding="ascii"))

    def save(self) -> None:
        self.file.write_text(json.dumps(self.data), encoding="ascii")

    def free(self, group: str) -> int:
        taken = sum(each["extents"] for each in self.data["volumes"] if each["group"] == group)
        return int(self.data["groups"][group]) - taken

    def find(self, group: str, name: str) -> dict[str, Any] | None:
        return next((each for each in self.data["volumes"] if (each["group"], each["name"]) == (group, name)), None)

    def existing(self, path: str) -> dict[str, Any]:
        found = self.find(*path.split("/"))
        if not found:
            raise Failed(f'Failed to find logical volume "{path}"')
        return found

    def add(self, group: str, name: str, extents: int) -> dict[str, Any]:
        volume = {"group": group, "name": name, "extents": extents, "open": False, "origin": ""}
        self.data["volumes"].append(volume)
        self.data["volumes"].sort(key=lambda each: each["name"])
        # what a volume of long ago has left there
        (self.dev / group / name).write_bytes(b"\0" * 4096 + b"stale" * 100 + b"\0" * (extents * EXTENT - 4596))
        return volume

    def device(self, volume: dict[str, Any]) -> Path:
        return self.dev / str(volume["group"]) / str(volume["name"])


def main(directory: str, argv: list[str]) -> int:
    """The program."""
    state = State(Path(directory))
    try:
        said = _COMMANDS[argv[1]](state, argv[2:])
    except Failed as failure:
        print("".join(f"  {line}\n" for line in str(failure).splitlines()), end="", file=sys.stderr)
        return failure.status
    if argv[1] not in ("vgs", "lvs"):
        state.save()
    print("".join(f"  {line}\n" for line in said), end="")
    return 0


def _vgs(state: State, _arguments: list[str]) -> list[str]:
    return [f"{group}:{EXTENT}:{state.free(group) * EXTENT}" for group in sorted(state.data["groups"])]


def _lvs(state: State, _arguments: list[str]) -> list[str]:
    volumes = state.data["volumes"]
    origins = {each["origin"] for each in volumes}
    rows = []
    for each in volumes:
        kind = "s" if each["origin"] else "o" if each["name"] in origins else "-"
        attributes = f"{kind}wi-a{'o' if each['open'] else '-'}{'-' if kind == '-' else 's'}---"
        rows.append(f"{each['group']}:{each['name']}:{each['extents'] * EXTENT}:{attributes}:{each['origin']}")
    return rows


def _lvcreate(state: State, arguments: list[str]) -> list[str]:
    extents, name = int(arguments[arguments.index("-l") + 1]), arguments[arguments.index("-n") + 1]
    group, _slash, origin = arguments[-1].partition("/")
    if group not in state.data["groups"]:
        raise Failed(f'Volume group "{group}" not found\nCannot process volume group {group}')
    if state.find(group, name):
        raise Failed(f'Logical Volume "{name}" already exists in volume group "{group}"')
    if extents > state.free(group):
        raise Failed(
            f'Volume group "{group}" has insufficient free space ({state.free(group)} extents): {extents} required.'
        )
    volume = state.add(group, name, extents)
    if origin:
        source = state.existing(arguments[-1])
        volume["origin"] = origin
        content = state.device(source).read_bytes()
        state.device(volume).write_bytes(content)
    return [f'Logical volume "{name}" created.']


def _lvextend(state: State, arguments: list[str]) -> list[str]:
    group, _slash, name = arguments[2].partition("/")
    extents, volume = int(arguments[1]), state.find(group, name)
    if not volume:
        raise Failed(f"Logical volume {name} not found in volume group {group}.")
    before = volume["extents"]
    if extents == before:
        raise Failed(f"New size ({extents} extents) matches existing size ({before} extents).")
    if extents < before:
        raise Failed(f"New size given ({extents} extents) not larger than existing size ({before} extents)")
    free = state.free(volume["group"])
    if extents - before > free:
        raise Failed(f"Insufficient free space: {extents - before} extents needed, but only {free} available")
    volume["extents"] = extents
    with state.device(volume).open("r+b") as stream:
        stream.truncate(extents * EXTENT)
    sizes = [f"{count * EXTENT / 1024**2:.2f} MiB ({count} extents)" for count in (before, extents)]
    path = arguments[2]
    return [
        f"Size of logical volume {path} changed from {sizes[0]} to {sizes[1]}.",
        f"Logical volume {path} successfully resized.",
    ]


def _lvrename(state: State, arguments: list[str]) -> list[str]:
    group, old, new = arguments
    volume = state.find(group, old)
    if state.find(group, new):
        raise Failed(f'Logical Volume "{new}" already exists in volume group "{group}"')
    if not volume:
        raise Failed(f'Existing logical volume "{old}" not found in volume group "{group}"')
    device = state.device(volume)
    volume["name"] = new
    device.rename(state.device(volume))
    for each in state.data["volumes"]:
        each["origin"] = new if each["origin"] == old else each["origin"]
    state.data["volumes"].sort(key=lambda each: each["name"])
    return [f'Renamed "{old}" to "{new}" in volume group "{group}"']


def _lvconvert(state: State, arguments: list[str]) -> list[str]:
    """``--merge``; done at once, as it is when nobody has the origin open."""
    snapshot = state.existing(arguments[-1])
    origin = state.find(snapshot["group"], snapshot["origin"])
    assert origin
    state.device(origin).write_bytes(state.device(snapshot).read_bytes()[: origin["extents"] * EXTENT])
    state.device(snapshot).unlink()
    state.data["volumes"].remove(snapshot)
    print(_NO_POLLING, file=sys.stderr)
    path = f"{snapshot['group']}/{origin['name']}"
    return [
        f"Merging of volume {arguments[-1]} started.",
        f"{path}: Merged: 100.00%",
        f"Merge of snapshot into logical volume {path} has finished.",
        f'Logical volume "{snapshot["name"]}" successfully removed.',
    ]


def _lvremove(state: State, arguments: list[str]) -> list[str]:
    volume = state.existing(arguments[-1])
    if volume["open"]:
        raise Failed(f"Logical volume {arguments[-1]} in use.")
    gone = [each for each in state.data["volumes"] if each["origin"] == volume["name"]] + [volume]
    for each in gone:
        state.device(each).unlink()
        state.data["volumes"].remove(each)
    return [f'Logical volume "{each["name"]}" successfully removed.' for each in gone]


_COMMANDS = {
    "vgs": _vgs, "lvs": _lvs, "lvcreate": _lvcreate, "lvextend": _lvextend, "lvrename": _lvrename,
    "lvremove": _lvremove, "lvconvert": _lvconvert,
}  # fmt: skip
