# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides in docs/ and the code say the same: problems, links, variables, examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.netbsd.xen.plugins.module_utils import _preflight, _preflight_boot

ROOT = Path(__file__).resolve().parents[3]
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


def test_variables_of_the_guides_are_those_of_roles_and_playbooks() -> None:
    known = {
        name
        for path in [*ROOT.glob("roles/*/defaults/main.yml"), *ROOT.glob("roles/*/meta/argument_specs.yml")]
        for name in re.findall(r"\b[a-z]+_\w+(?=:)", path.read_text())
    }
    known |= set(re.findall(r"\bxen_\w+", (ROOT / "playbooks" / "README.md").read_text()))
    known |= PROBLEMS | {
        path.stem for path in [*ROOT.glob("plugins/*/*.py"), *ROOT.glob("roles/*"), *ROOT.glob("molecule/*")]
    }
    used = {(page.name, name) for page in DOCS.glob("*.md") for name in re.findall(r"\bxen_[a-z]\w*", page.read_text())}
    assert sorted((page, name) for page, name in used if name not in known) == []
