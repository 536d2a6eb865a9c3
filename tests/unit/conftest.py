# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make ``ansible_collections.netbsd.xen`` importable from the checkout, wherever the checkout lies.

``ansible-test units`` brings its own importer for collections and a copy of the tree at the right place, so this file
steps aside when the package can be found without it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"


def link_checkout() -> None:
    """Point ``.cache/collections/ansible_collections/netbsd/xen`` at the checkout; several workers may do it at once."""
    link = COLLECTIONS / "ansible_collections" / "netbsd" / "xen"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.resolve() == ROOT:
        return
    fresh = link.with_name(f"xen.{os.getpid()}")
    fresh.symlink_to(os.path.relpath(ROOT, link.parent), target_is_directory=True)
    fresh.replace(link)


def can_import_collection() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.netbsd.xen") is not None
    except ModuleNotFoundError:
        return False


if not can_import_collection():
    link_checkout()
    sys.path.insert(0, str(COLLECTIONS))
    importlib.invalidate_caches()
