# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The guests that this host has config files of, and those that it starts by itself.

Sources: pkgsrc xentools files/xendomains.sh: the words of ``xendomains`` in rc.conf, and where the config of each lies
(``xendomains_config``, a printf(1) format, by default with no suffix).
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_services
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks

CONFIG_FORMAT = "/usr/pkg/etc/xen/%s"
LINUX_AUTO = "/etc/xen/auto"
# hidden files, backups, and the samples that Xen installs among the real ones
_NO_GUEST = re.compile(r"^\.|~$|^x[lm]example|\.conf$")


class Guest(NamedTuple):
    """A config file of a domain.

    :param name: as in ``xendomains``, else as the file names itself.
    :param path: where the config is, or must be.
    :param autostart: whether the host starts it at boot.
    :param exists: whether there is such a file.
    :param values: its properties in canonical form, by the names of the options of xen_domain.
    :param syntax: why the toolstack could not read the file; empty when it can.
    :param problems: values in it that cannot be understood.
    """

    name: str
    path: str
    autostart: bool
    exists: bool
    values: dict[str, Any]
    syntax: str = ""
    problems: tuple[str, ...] = ()

    def as_dict(self, running: list[str] | None) -> dict[str, Any]:
        """The guest as a return value."""
        title = str(self.values.get("name", self.name))
        return {
            "name": self.name,
            "config": self.path,
            "exists": self.exists,
            "memory": self.values.get("memory"),
            "vcpus": self.values.get("vcpus", 1) if self.exists and not self.syntax else None,
            "running": None if running is None else title in running,
        }


class Autostart(NamedTuple):
    """What rc.conf says of the guests to start.

    :param words: the names; None when only a shell could tell.
    :param config: the printf format of their config files.
    """

    words: list[str] | None
    config: str


def autostart(probe: Probe) -> Autostart:
    """The guests that the host starts."""
    if not probe.is_netbsd:
        return Autostart(probe.names(LINUX_AUTO), LINUX_AUTO + "/%s")
    conf = _hostinfo_services.rc_conf(probe, "xendomains")
    if conf is None:
        return Autostart(None, CONFIG_FORMAT)
    words = conf.words("xendomains")
    if words is None:
        probe.warn(f"xendomains: {conf.setting('xendomains').reason}; only the names that are certain are looked at.")
    return Autostart(conf.certain_words("xendomains"), conf.value("xendomains_config") or CONFIG_FORMAT)


def guests(probe: Probe, wanted: Autostart, syntax: str = "xl") -> list[Guest]:
    """The guests that start at boot, in their order, then all others that have a config file.

    :param syntax: of the config files of the toolstack that is installed.
    """
    found = [_guest(probe, wanted.config.replace("%s", name), name, syntax) for name in wanted.words or []]
    known = {guest.path for guest in found}
    directory = os.path.dirname(wanted.config) if probe.is_netbsd else os.path.dirname(LINUX_AUTO)
    for name in probe.names(directory):
        path = os.path.join(directory, name)
        if path not in known and not _NO_GUEST.search(name) and probe.is_file(path):
            guest = _guest(probe, path, None, syntax)
            if guest.values.get("name") and not guest.syntax:
                found.append(guest)
    return found


def _guest(probe: Probe, path: str, name: str | None, syntax: str) -> Guest:
    """:param name: None for a file that is looked at because it may be a guest's."""
    listed = name is not None
    title = name or os.path.basename(path)
    text = probe.text(path)
    if text is None:
        return Guest(title, path, listed, probe.is_file(path), {})
    problems: list[str] = []
    try:
        config = _configfile.parse(text, path, syntax)
    except XenError as error:
        return Guest(title, path, listed, True, {}, error.message)
    values = _checks.values_of(config, problems)
    try:
        own = config.value("name")
    except XenError:
        own = None  # code in a file of xm makes it
    if isinstance(own, str):
        values["name"] = own
        title = title if listed else own
    return Guest(title, path, listed, True, values, "", tuple(problems))
