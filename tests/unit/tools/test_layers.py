# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of module_utils stand on each other and never in a circle: each can be read without what uses it."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[3]
UTILS = ROOT / "plugins" / "module_utils"
PREFIX = "ansible_collections.netbsd.xen.plugins.module_utils."


def imports_of(path: Path) -> set[str]:
    """The packages that a file imports from, also inside of functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name[len(PREFIX) :].partition(".")[0] for name in named if name.startswith(PREFIX)}


def packages() -> dict[str, set[str]]:
    return {
        folder.name: set().union(*map(imports_of, folder.glob("_*.py"))) - {folder.name}
        for folder in UTILS.iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    }


def test_packages_form_no_circle() -> None:
    order = list(TopologicalSorter(packages()).static_order())
    assert order.index("core") < order.index("domain") < order.index("domains")


def test_every_file_is_in_a_package() -> None:
    assert not list(UTILS.glob("*.py"))


def test_the_documentation_names_each_package_below_those_that_it_builds_on() -> None:
    described = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    place = {name: described.index(f"`{name}/`") for name in packages()}
    assert [(name, used) for name, uses in packages().items() for used in uses if place[used] > place[name]] == []
