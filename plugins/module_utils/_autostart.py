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

# In the order in which rc.subr(8) reads them for xendomains; what the second one says replaces the first.
RC_FILES = ("/etc/rc.conf", "/etc/rc.conf.d/xendomains")
# One assignment, in quotes (then perhaps on several lines) or one bare word. sh takes the last one of a file.
_ASSIGNMENT = re.compile(
    r"""^(?P<set>[ \t]*xendomains=)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'#;&|]*))(?=[\s;&|]|\Z)""",
    re.MULTILINE,
)
# xendomains="$xendomains more" goes on from the assignment before it.
_ITSELF = re.compile(r"\$(?:xendomains\b|\{xendomains\})")


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
    lists: dict[str, list[str]] = {}
    for path in RC_FILES:
        text = _rc_text(path)
        chain = _effective(text)
        if chain and not _goes_on(chain[-1]):
            lists.clear()
        lists[path] = words_of(text)
    return lists


def remove(entry: Entry) -> None:
    """Take one entry away, and nothing else."""
    if entry.path in RC_FILES:
        _configfile.write(entry.path, without_word(_rc_text(entry.path), entry.name), backup=True)
    else:
        os.unlink(entry.path)


def words_of(text: str) -> list[str]:
    """The domains that the last ``xendomains=`` of an rc.conf lists."""
    words: list[str] = []
    for match in _effective(text):
        words = _words(match) + words
    return [word for word in words if not _ITSELF.fullmatch(word)]


def without_word(text: str, name: str) -> str:
    """The rc.conf without ``name`` in what makes up its ``xendomains``; all else keeps its place."""
    for match in _effective(text):
        kept = [word for word in _words(match) if word != name]
        if kept != _words(match):
            quote = "'" if match.group("single") is not None else '"'
            text = text[: match.start()] + f"{match.group('set')}{quote}{' '.join(kept)}{quote}" + text[match.end() :]
    return text


def _effective(text: str) -> list[re.Match[str]]:
    """The last assignment, and those before it as long as they are included; the last one first."""
    chain = []
    for match in reversed(list(_ASSIGNMENT.finditer(text))):
        chain.append(match)
        if not _goes_on(match):
            break
    return chain


def _goes_on(match: re.Match[str]) -> bool:
    return match.group("single") is None and bool(_ITSELF.search(match.group()))


def _words(match: re.Match[str]) -> list[str]:
    """A backslash at the end of a line inside double quotes joins the lines (sh(1))."""
    value = next(found for found in match.group("double", "single", "bare") if found is not None)
    return value.replace("\\\n", " ").split()


def _rc_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
