# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the checkout where Ansible and Python look for it: ``.cache/collections/ansible_collections/netbsd/xen``."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"


def link_checkout() -> Path:
    """Make the link unless it is there, and return the folder for ``ANSIBLE_COLLECTIONS_PATH`` and ``sys.path``.

    Several test workers may do it at the same time, so the link is made aside and moved into place.
    """
    link = COLLECTIONS / "ansible_collections" / "netbsd" / "xen"
    if link.is_symlink() and link.resolve() == ROOT:
        return COLLECTIONS
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f"xen.{os.getpid()}")
    fresh.symlink_to(os.path.relpath(ROOT, link.parent), target_is_directory=True)
    fresh.replace(link)
    return COLLECTIONS


if __name__ == "__main__":
    print(link_checkout())
