# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""/usr/pkg/etc/pkgin/repositories.conf: where pkgin has its packages from. One URL a line, ``#`` begins a comment."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

PATH = "/usr/pkg/etc/pkgin/repositories.conf"
EXACT = "exact"
APPEND = "append"
# os.uname().machine, and what the packages for it are called (uname -p)
_PORTS = {"amd64": "x86_64"}


class Repositories(NamedTuple):
    """The file before and after, and the repositories that it has then."""

    before: str | None
    after: str | None
    urls: list[str]

    @property
    def changed(self) -> bool:
        return self.before != self.after


def urls_in(text: str) -> list[str]:
    """The repositories of a file."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def plan(wanted: Sequence[str] | None, mode: str, text: str | None) -> Repositories:
    """The file with the wanted repositories: alone (``exact``) or besides those that it has (``append``).

    Comments stay. None leaves the file alone.

    :raises BadValue: not a URL that pkgin takes.
    """
    has = urls_in(text or "")
    if wanted is None:
        return Repositories(text, text, has)
    for url in wanted:
        if not re.fullmatch(r"(?:https?|ftp|file)://[^\s#]+", url):
            raise BadValue("repositories", url, "this is not a URL that begins with http, https, ftp or file.")
    new = [url for url in dict.fromkeys(wanted) if url not in has]
    if not new and (mode == APPEND or has == list(dict.fromkeys(wanted))):
        return Repositories(text, text, has)
    if mode == APPEND:
        kept, added = (text or "").splitlines(), new
    else:
        kept = [line for line in (text or "").splitlines() if not line.split("#", 1)[0].strip()]
        added = list(dict.fromkeys(wanted))
    after = "".join(f"{line}\n" for line in [*kept, *added])
    return Repositories(text, after, urls_in(after))


def read() -> str | None:
    return _rcconf.read_text(PATH)


def expanded(url: str) -> str:
    """The URL with $arch and $osrelease filled in, as pkgin does it (fsops.c), for pkg_add."""
    system = os.uname()
    release = system.release.split("_")[0]
    return url.replace("$arch", _PORTS.get(system.machine, system.machine)).replace("$osrelease", release)
