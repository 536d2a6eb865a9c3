# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a run of the package tools that was interrupted leaves, and how not to take it for done.

pkg_add registers a package before it unpacks it (pkg_install, files/add/perform.c: write_meta_data, then
extract_files), so after a power failure pkg_info lists a package whose files are not all there. A journal remembers
what was being installed. And a play that was killed leaves a pkgin behind that still works: it is waited for.
"""

from __future__ import annotations

import os
import time

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command

JOURNAL = "/var/db/pkgin/installing"
_TOOLS = ("pkgin", "pkg_add", "pkg_delete")
_INTERPRETERS = ("sh", "python", "perl")
_POLL_SECONDS = 1.0


def begin(full_names: list[str]) -> None:
    """Remember what is about to be installed, besides what is remembered already."""
    if os.path.isdir(os.path.dirname(JOURNAL)):
        names = dict.fromkeys([*interrupted(), *full_names])
        _atomicfile.write(JOURNAL, "".join(f"{name}\n" for name in names).encode())


def end() -> None:
    """All of it is installed."""
    if os.path.exists(JOURNAL):
        os.unlink(JOURNAL)


def interrupted() -> list[str]:
    """Full names of the packages whose installation was begun and not finished."""
    try:
        with open(JOURNAL, encoding="utf-8") as stream:
            return stream.read().split()
    except OSError:
        return []


def wait_for_others(timeout: float) -> None:
    """Wait until no other run of the package tools is at work.

    :raises TimedOut: one still is.
    """
    end_of_patience = time.monotonic() + timeout
    while True:
        busy = _at_work(_command.run(["ps", "-axwwo", "pid,command"]).stdout)
        if not busy:
            return
        if time.monotonic() >= end_of_patience:
            raise TimedOut(
                f"Another run of the package tools is still at work after {timeout:g} s: {busy}. See whether it hangs.",
                error_id="packages_busy",
            )
        time.sleep(_POLL_SECONDS)


def _at_work(listing: str) -> str:
    """The first process of the package tools in what ps prints, empty when there is none."""
    for line in listing.splitlines():
        words = line.split()[1:]
        programs = words[:1]
        if words and os.path.basename(words[0]).rstrip("0123456789.") in _INTERPRETERS:
            # a script: its path follows the options of its interpreter
            programs = [word for word in words[1:4] if word.startswith("/")][:1]
        if any(os.path.basename(word) in _TOOLS for word in programs):
            return line.strip()
    return ""
