# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Domains that are there and that no list declares: found, and left alone unless the task says otherwise."""

from __future__ import annotations

import fnmatch
import os
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView

# The dom0, and a xenstored in a domain of its own (xen tools/helpers/init-xenstore-domain.c): not guests.
_NOT_GUESTS = ("Domain-0", "Xenstore")
# The device model of an HVM guest in a domain of its own is called after it (libxl_dm.c: libxl__stub_dm_name).
_STUB = "-dm"


def undeclared(view: HostView, declared: Sequence[str], kept: Sequence[str]) -> dict[str, str | None]:
    """Every guest of the host, running or as a config file, that is not declared, with the path of its config.

    :param kept: names, or patterns of the shell, of those that shall not be found.
    """
    files = {str(config.value("name")): path for path, config in view.configs().items()}
    # of several files with one name, that which is called after it
    for path, config in view.configs().items():
        if os.path.basename(path) in (str(config.value("name")), f"{config.value('name')}.cfg"):
            files[str(config.value("name"))] = path
    names = {row.name for row in view.rows if row.domid != 0} | set(files)
    found = {}
    for name in sorted(names):
        is_stub = name.endswith(_STUB) and name[: -len(_STUB)] in names
        if not _is_name(name) or name in (*_NOT_GUESTS, *declared) or is_stub:
            continue
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in kept):
            found[name] = files.get(name)
    return found


def _is_name(name: str) -> bool:
    """A dying domain has none: xl prints "(null)"."""
    try:
        return bool(_values.domain_name("name", name))
    except BadValue:
        return False
