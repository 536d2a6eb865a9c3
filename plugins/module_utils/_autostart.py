# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What makes a host start a domain when it boots.

NetBSD (pkgsrc xentools, files/xendomains.sh): the words of ``xendomains`` in rc.conf(5). There is no rcvar: ``YES``
would be a domain called YES. Linux (xen tools/hotplug/Linux/init.d/xendomains): links in /etc/xen/auto.
"""

from __future__ import annotations

import os
import platform
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _atomicfile, _host, _rcconf

VARIABLE = "xendomains"


class Entry(NamedTuple):
    """One reason why a domain starts at boot. ``path`` is the link, or the file with the list."""

    name: str
    path: str
    text: str


class Autostart(NamedTuple):
    """All entries of the host, read once for any number of domains.

    :param links: paths in the folder of links, by the real path of the config.
    :param lists: names of domains, by the file that lists them.
    """

    links: dict[str, list[str]]
    lists: dict[str, list[str]]

    def of(self, name: str, config_path: str) -> tuple[Entry, ...]:
        """The entries that start this domain."""
        links = self.links.get(os.path.realpath(config_path), [])
        entries = [Entry(name, path, path) for path in links]
        listed = [path for path, words in self.lists.items() if name in words]
        entries += [Entry(name, path, f"{name} from xendomains in {path}") for path in listed]
        return tuple(entries)


def read() -> Autostart:
    """The autostart entries of this host."""
    if platform.system() == "NetBSD":
        return Autostart({}, _lists())
    links: dict[str, list[str]] = {}
    directory = _host.layout().auto_dir
    if directory and os.path.isdir(directory):
        for entry in sorted(os.scandir(directory), key=lambda item: item.name):
            links.setdefault(os.path.realpath(entry.path), []).append(entry.path)
    return Autostart(links, {})


def _lists() -> dict[str, list[str]]:
    conf = _rcconf.RcConf(VARIABLE)
    lists: dict[str, list[str]] = {}
    for place in conf.setting(VARIABLE).chain:
        lists.setdefault(place.path, []).extend(_rcconf.literal_words(place.assignment))
    return lists


def remove(entry: Entry) -> None:
    """Take one entry away, and nothing else."""
    if os.path.islink(entry.path):
        os.unlink(entry.path)
        return
    for path, (_before, after) in _rcconf.RcConf(VARIABLE).with_words(VARIABLE, remove=[entry.name]).changes().items():
        _atomicfile.write(path, _rcconf.to_bytes(after), backup=True)
