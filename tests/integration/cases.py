# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases in YAML files: read, and their variables filled in as Ansible would."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import yaml


def load(name: str) -> dict[str, Any]:
    """The variables of a file beside this one; a text with ``{{ variable }}`` in it has the variable's value."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        return environment.from_string(value).render(data) if isinstance(value, str) and "{{" in value else value

    return {key: filled(value) for key, value in data.items()}


def require_seen(expressions: list[str], text: str) -> None:
    """Each regular expression must be found in what the host said."""
    missing = [expression for expression in expressions if not re.search(expression, text)]
    assert not missing, f"not found: {missing} in:\n{text}"


def without(secret: str, results: list[dict[str, Any]]) -> None:
    """No result may hold the secret."""
    assert secret not in json.dumps(results), "a secret is in a result"
