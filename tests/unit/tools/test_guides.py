# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides in docs/ and the code say the same: problems, links, variables, examples."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _preflight, _preflight_boot

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import cookbook  # noqa: E402 - found in tests/integration, after the path above

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "playbooks" / "README.md"]
PROBLEMS = {check.id for check in _preflight.CHECKS} | set(_preflight_boot.MENU_PROBLEMS)


def test_troubleshooting_has_every_problem_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row) if name != "id"]
    assert set(told) == PROBLEMS
    assert len(told) == len(set(told))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    lost = [each for each in targets if "://" not in each and not (page.parent / each).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_are_yaml(page: Path) -> None:
    for example in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        assert yaml.safe_load(example)


def test_the_index_has_every_page() -> None:
    index = (DOCS / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


@pytest.mark.parametrize("role", sorted(path.name for path in ROOT.glob("roles/*")))
def test_variables_of_roles_in_the_guides_are_known_to_the_code(role: str) -> None:
    code = [*ROOT.glob("roles/*/*/*.yml"), *ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("plugins/modules/*.py")]
    known = {name for path in code for name in re.findall(rf"\b{role}_\w+", path.read_text())}
    known |= PROBLEMS | {path.stem for path in ROOT.glob("plugins/*/*.py")}
    used = {name for page in PAGES for name in re.findall(rf"\b{role}_[a-z]\w*", page.read_text())}
    # a group of the inventory plugin is named after its host
    assert sorted(name for name in used - known if "example_org" not in name) == []


def test_every_recipe_shows_what_it_prints() -> None:
    recipes = cookbook.recipes(cookbook.PAGE.read_text())
    assert sorted({each.number for each in recipes}) == list(range(1, 24))
    assert [each.command for each in recipes if not each.expected] == []
    assert [each.command for each in recipes if not each.command.startswith("ansible dom0s -m netbsd.xen.")] == []


def test_what_is_shown_is_looked_for_whatever_the_blanks() -> None:
    page = "## Guests\n1. What?\n```console\n$ ansible x\n…\n  a: 1\n  b: …2\n$ ansible y\n```\n"
    first, second = cookbook.recipes(page)
    assert (first.section, first.number, first.command) == ("Guests", 1, "ansible x")
    assert (first.expected, second.expected) == (("  a: 1", "  b: …2"), ())
    assert cookbook.missing(first, "x\n a:  1\nb: 12") == []
    assert cookbook.missing(first, "a: 2\nb: 2") == ["a: 1"]
