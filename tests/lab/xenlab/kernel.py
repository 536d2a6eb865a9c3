# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linux kernels: the plain ELF image out of Debian's compressed one, and which modules need which."""

from __future__ import annotations

import lzma
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import LabError

ELF = b"\x7fELF"


def _command(*command: str) -> Callable[[bytes], bytes]:
    def decompress(data: bytes) -> bytes:
        if not shutil.which(command[0]):
            return b""
        # the compressed stream is followed by other data, so the tools end with an error: what they wrote counts
        return subprocess.run(command, input=data, capture_output=True, check=False).stdout

    return decompress


DECOMPRESSORS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\xfd7zXZ\x00": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x1f\x8b\x08": lambda data: zlib.decompressobj(31).decompress(data),
    b"\x02\x21\x4c\x18": _command("lz4", "-dc"),
    b"\x28\xb5\x2f\xfd": _command("zstd", "-dc"),
}


def plain_kernel(bzimage: bytes) -> bytes | None:
    """The ELF kernel inside a bzImage, or None if no known compression gives one.

    Xen can start a bzImage too, but decompressing it under emulation costs seconds at every boot.
    """
    for magic, decompress in DECOMPRESSORS.items():
        for match in re.finditer(re.escape(magic), bzimage):
            try:
                data = decompress(bzimage[match.start() :])
            except (lzma.LZMAError, zlib.error):
                continue
            if data.startswith(ELF):
                return data
    return None


class Modules:
    """The modules of one kernel: ``directory`` is /lib/modules/VERSION somewhere."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._needs: dict[str, list[str]] = {}
        for line in (directory / "modules.dep").read_text().splitlines():
            path, _colon, needs = line.partition(":")
            self._needs[path] = needs.split()
        self._paths = {module_name(path): path for path in self._needs}
        builtin = (directory / "modules.builtin").read_text().split()
        self._builtin = {module_name(path) for path in builtin}

    def closure(self, names: Iterable[str]) -> list[str]:
        """Paths (relative to directory) of the named modules and all that they need, each after what it needs.

        Built-in ones are left out. Raises LabError for a module that the kernel does not have.
        """
        ordered: list[str] = []
        for name in names:
            plain = name.replace("-", "_")
            if plain in self._builtin:
                continue
            if plain not in self._paths:
                raise LabError(f"kernel {self.directory.name} has no module {name}")
            path = self._paths[plain]
            # modules.dep lists what is needed from the nearest to the farthest
            for each in [*reversed(self._needs[path]), path]:
                if each not in ordered:
                    ordered.append(each)
        return ordered

    def keep_only(self, names: Iterable[str]) -> int:
        """Delete all module files but the closure of names; return how many went."""
        kept = {self.directory / path for path in self.closure(names)}
        doomed = [path for path in self.directory.rglob("*.ko*") if path not in kept]
        for path in doomed:
            path.unlink()
        return len(doomed)

    def copy_plain(self, names: Iterable[str], target: Path) -> None:
        """Copy the closure of names to target as NN-NAME.ko, numbered in loading order, decompressed."""
        target.mkdir(parents=True, exist_ok=True)
        for number, path in enumerate(self.closure(names), start=10):
            data = (self.directory / path).read_bytes()
            if path.endswith(".xz"):
                data = lzma.decompress(data)
            (target / f"{number}-{module_name(path)}.ko").write_bytes(data)


def module_name(path: str) -> str:
    """kernel/net/8021q/8021q.ko.xz -> 8021q; dashes and underscores are the same to the kernel."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def read_list(path: Path) -> list[str]:
    """The words of a file of one name a line with # comments."""
    return [line for raw in path.read_text().splitlines() if (line := raw.partition("#")[0].strip())]
