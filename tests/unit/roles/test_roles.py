# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every role: its argument_specs say what its defaults do, its README tells of every variable, and its
names stay its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAIN = (str, int, bool, type(None))

pytestmark = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def spec(role: Path) -> dict[str, Any]:
    options: dict[str, Any] = load(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


def defaults(role: Path) -> dict[str, Any]:
    return load(role / "defaults" / "main.yml") or {}


def task_files(role: Path) -> list[Path]:
    return sorted((role / "tasks").rglob("*.yml"))


def test_the_argument_spec_has_the_defaults(role: Path) -> None:
    told = {name: option["default"] for name, option in spec(role).items() if "default" in option}
    assert told == defaults(role)


def test_an_option_has_a_default_or_is_required_or_is_said_to_be_left_alone(role: Path) -> None:
    for name, option in spec(role).items():
        assert "default" in option or option.get("required") or "description" in option, name
        assert option["description"], name
        assert option["type"], name
        if option["type"] == "list":
            assert option["elements"], name


def test_defaults_are_plain_values(role: Path) -> None:
    """A template in a default breaks ``--tags``: the argument spec is validated before the task that it needs."""

    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for each in value.values() for leaf in leaves(each)]
        if isinstance(value, list):
            return [leaf for each in value for leaf in leaves(each)]
        return [value]

    for name, value in defaults(role).items():
        for leaf in leaves(value):
            assert isinstance(leaf, PLAIN), name
            assert "{{" not in str(leaf), name


def test_public_names_begin_with_the_role_s(role: Path) -> None:
    assert [name for name in spec(role) if not name.startswith(f"{role.name}_")] == []


def test_the_readme_tells_of_every_variable_and_shows_the_role(role: Path) -> None:
    readme = (role / "README.md").read_text()
    assert [name for name in spec(role) if f"`{name}`" not in readme] == []
    assert f"netbsd.xen.{role.name}" in readme
    assert "```yaml" in readme


def test_the_readme_s_examples_are_yaml(role: Path) -> None:
    for example in re.findall(r"```yaml\n(.*?)```", (role / "README.md").read_text(), re.DOTALL):
        assert yaml.safe_load(example)


def test_modules_are_called_by_their_full_names(role: Path) -> None:
    words = {"name", "when", "register", "vars", "tags", "loop", "loop_control", "block", "rescue", "always", "until"}
    words |= {"retries", "delay", "changed_when", "failed_when", "no_log", "notify", "check_mode", "diff", "become"}
    words |= {"environment", "listen", "async", "poll", "delegate_to", "run_once", "throttle", "timeout"}
    words |= {"ignore_unreachable"}

    def look(tasks: list[dict[str, Any]]) -> None:
        for task in tasks:
            for block in ("block", "rescue", "always"):
                look(task.get(block, []))
            for key in set(task) - words:
                assert key.startswith(("ansible.builtin.", "netbsd.xen.")), key
            assert task["name"]

    for path in task_files(role):
        look(load(path) or [])


def test_there_is_a_scenario_with_tests(role: Path) -> None:
    scenario = ROOT / "molecule" / role.name
    assert (scenario / "molecule.yml").is_file()
    assert list((scenario / "tests").glob("test_*.py"))
    sequence = load(scenario / "molecule.yml")["scenario"]["test_sequence"]
    assert sequence.index("check") < sequence.index("converge") < sequence.index("idempotence")
    assert "verify" in sequence
