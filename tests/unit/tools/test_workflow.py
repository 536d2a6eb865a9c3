# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflow on GitHub runs what .ci/run runs: the checks of ``make test``, each once."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]


def test_the_workflow_runs_every_check_of_make_test_once():
    checks = re.search(r"^CHECKS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert checks
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    parts = workflow["jobs"]["check"]["strategy"]["matrix"]["include"]
    assert sorted(name for part in parts for name in part["checks"].split()) == sorted(checks[1].split())


def test_ci_is_make_test():
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("\nmake test")
