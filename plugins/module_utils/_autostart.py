# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What makes a host start a domain when it boots.

NetBSD (pkgsrc xentools, files/xendomains.sh): the words of ``xendomains`` in rc.conf. There is no rcvar: ``YES`` would
be a domain called YES. Linux (xen tools/hotplug/Linux/init.d/xendomains): links in /etc/xen/auto.
"""

from __future__ import annotations

import os
import platform
import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _configfile, _host
from ansible_collections.netbsd.xen.plugins.module_utils._errors import XenError

RC_CONF = "/etc/rc.conf"
# One assignment on one line, quoted or not. sh takes the last one of a file.
_ASSIGNMENT = re.compile(r"""^(\s*xendomains=)(["']?)([^"'\n#]*)(\2)""", re.MULTILINE)


class Entry(NamedTuple):
    """One reason why a domain starts at boot. ``path`` is the link, or the file with the list."""

    name: str
    path: str
    text: str


class Autostart(NamedTuple):
    """All entries of the host, read once for any number of domains: by real path of the config, and by name."""

    links: dict[str, list[str]]
    words: list[str]

    def of(self, name: str, config_path: str) -> tuple[Entry, ...]:
        """The entries that start this domain."""
        links = self.links.get(os.path.realpath(config_path), [])
        entries = [Entry(name, path, path) for path in links]
        if name in self.words:
            entries.append(Entry(name, RC_CONF, f"{name} from xendomains in {RC_CONF}"))
        return tuple(entries)


def read() -> Autostart:
    """The autostart entries of this host."""
    if platform.system() == "NetBSD":
        return Autostart({}, words_of(_rc_conf_text()))
    links: dict[str, list[str]] = {}
    directory = _host.layout().auto_dir
    if directory and os.path.isdir(directory):
        for entry in sorted(os.scandir(directory), key=lambda item: item.name):
            links.setdefault(os.path.realpath(entry.path), []).append(entry.path)
    return Autostart(links, [])


def remove(entry: Entry) -> None:
    """Take one entry away, and nothing else.

    :raises XenError: rc.conf says xendomains in a way that is not understood.
    """
    if entry.path != RC_CONF:
        os.unlink(entry.path)
        return
    text = without_word(_rc_conf_text(), entry.name)
    if text is None:
        raise XenError(f"xendomains in {RC_CONF} is not written on one line; take {entry.name} out of it by hand.")
    _configfile.write(RC_CONF, text, backup=True)


def words_of(text: str) -> list[str]:
    """The domains that the last ``xendomains=`` of an rc.conf lists."""
    found = _ASSIGNMENT.findall(text)
    return found[-1][2].split() if found else []


def without_word(text: str, name: str) -> str | None:
    """The rc.conf without ``name`` in its last ``xendomains=``; None when there is no such assignment."""
    matches = list(_ASSIGNMENT.finditer(text))
    if not matches:
        return None
    last = matches[-1]
    words = [word for word in last.group(3).split() if word != name]
    quote = last.group(2) or '"'
    return text[: last.start()] + f"{last.group(1)}{quote}{' '.join(words)}{quote}" + text[last.end() :]


def _rc_conf_text() -> str:
    try:
        with open(RC_CONF, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
