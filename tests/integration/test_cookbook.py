# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of docs/cookbook.md, run out of the page in its order, say what the page shows of them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cookbook import PAGE, Recipe, missing, recipes

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above

RECIPES = recipes(PAGE.read_text())
# Which kind of lab host a section of the page is about.
NETBSD_FACE = {"The host": True, "Guests": False}
TIMEOUT = 300.0


@pytest.fixture(scope="module", params=sorted(NETBSD_FACE, key=list(NETBSD_FACE).index))
def section(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A section of the page, and the inventory with its host."""
    name: str = request.param
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.yml"
    with Lab.instance(f"cookbook{os.getpid()}", netbsd=NETBSD_FACE[name]) as host:
        inventory.write_text(host.inventory())
        yield name, inventory


def run(recipe: Recipe, inventory: Path) -> str:
    program, *words = shlex.split(recipe.command)
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *words],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_INVENTORY": str(inventory), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, f"{recipe.command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_section_has_a_host() -> None:
    assert {recipe.section for recipe in RECIPES} == set(NETBSD_FACE)
    assert len({recipe.number for recipe in RECIPES}) >= 20


def test_the_page_shows_what_is_printed(section: tuple[str, Path]) -> None:
    name, inventory = section
    for recipe in RECIPES:
        if recipe.section == name:
            output = run(recipe, inventory)
            print(f"{PAGE.name} {recipe.number}: {recipe.command}\n{output}")
            assert missing(recipe, output) == [], f"{recipe.number}: {recipe.command}\n{output}"
