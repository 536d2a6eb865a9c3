# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""fstab(5) of NetBSD, read as getfsent(3) reads it and edited a line at a time; and what is mounted.

Source: lib/libc/gen/fstab.c fstabscan(): fields are separated by blanks and tabs, a line that begins with ``#`` is a
comment, names are vis(3)-encoded (``\\040`` for a blank); a line it does not understand is reported and passed over.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _systemfile

FSTAB = "/etc/fstab"
MOUNT = "/sbin/mount"
_MOUNTED = re.compile(r"(?P<spec>.*) on (?P<file>/.*) type (?P<type>\S+)(?: \((?P<options>.*)\))?\Z")
_OCTAL = re.compile(r"\\([0-7]{3})")


class Entry(NamedTuple):
    """A file system of fstab.

    :param number: its line, from 1.
    :param spec: what is mounted; means nothing for kernfs.
    :param file: where, decoded.
    :param type: ``ffs``, ``kernfs``, ``swap`` ...
    :param options: ``rw``, ``noauto`` ...
    """

    number: int
    spec: str
    file: str
    type: str
    options: tuple[str, ...]


class Mount(NamedTuple):
    """A file system that is mounted."""

    spec: str
    file: str
    type: str
    options: tuple[str, ...]


def parse(text: str) -> list[Entry]:
    """The entries of fstab, in its order; comments and what getfsent(3) would not read are left out."""
    entries = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if line.startswith("#") or len(fields) < 4:
            continue
        spec, file, kind, options = (_decoded(field) for field in fields[:4])
        entries.append(Entry(number, spec, file, kind, tuple(options.split(","))))
    return entries


def _decoded(field: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), field).replace("\\\\", "\\")


def find(entries: list[Entry], file: str, kind: str) -> Entry | None:
    """The entry that mounts a file system of this type there. The first field is nobody's business: sysinst has written
    ``kernfs`` and ``/kern`` there in its time."""
    return next((each for each in entries if each.file.rstrip("/") == file and each.type == kind), None)


def with_line(text: str, line: str) -> str:
    """The text with a line added at its end."""
    return text + ("" if not text or text.endswith("\n") else "\n") + line + "\n"


def without_options(text: str, entry: Entry, unwanted: tuple[str, ...]) -> str:
    """The text with some options of one entry taken away; layout stays."""
    lines = text.split("\n")
    kept = [option for option in entry.options if option not in unwanted] or ["rw"]
    fields = re.split(r"(\s+)", lines[entry.number - 1])
    place = [index for index, field in enumerate(fields) if field.strip()][3]
    fields[place] = ",".join(kept)
    lines[entry.number - 1] = "".join(fields)
    return "\n".join(lines)


def parse_mounts(text: str) -> list[Mount]:
    """The output of ``mount``: ``/dev/wd0a on / type ffs (log, local)`` (sbin/mount/mount.c prmount())."""
    mounts = []
    for line in text.splitlines():
        match = _MOUNTED.match(line)
        if match:
            options = tuple(re.split(r",\s*", match.group("options"))) if match.group("options") else ()
            mounts.append(Mount(match.group("spec"), match.group("file"), match.group("type"), options))
    return mounts


def read() -> list[Entry]:
    """The entries of /etc/fstab; none when there is no such file."""
    return parse(_systemfile.read(FSTAB) or "")


def mounted() -> list[Mount]:
    """What is mounted.

    :raises CommandError: mount failed.
    """
    done = _command.run([MOUNT])
    if done.rc != 0:
        raise CommandError(f"`{MOUNT}` failed: {done.stderr.strip()}", [MOUNT], *done)
    return parse_mounts(done.stdout)
