# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make ``ansible_collections.netbsd.xen`` importable from the checkout, wherever the checkout lies.

``ansible-test units`` has an importer of its own and a copy of the tree at the right place, so nothing is done then.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from hypothesis import settings

# In CI the same examples each time, so that what lands does not depend on luck; on a developer's machine new ones each
# time, which is how errors are found. No deadline: emulated hosts and other work make any time possible.
settings.register_profile("unit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("unit")


def can_import_collection() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.netbsd.xen") is not None
    except ModuleNotFoundError:
        return False


if not can_import_collection():
    sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))
    link_checkout = importlib.import_module("link_checkout").link_checkout
    sys.path.insert(0, str(link_checkout()))
    importlib.invalidate_caches()
