# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs that finds guests as declared, as most runs do: the host of the benchmark, and what was loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.netbsd.xen.tests.unit.plugins.modules.test_loads import ONLY_TO_CHANGE, OTHER_HOSTS

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmark"
# two guests: a list is read in another way than one
CODE = """
import planning
with planning.host(2) as parameters:
    planning.task(parameters)
import sys
print(*sys.modules)
"""


def test_it_loads_nothing_that_changes_guests() -> None:
    paths = f"import sys; sys.path[:] = {[*sys.path, str(BENCHMARK)]!r}"
    command = [sys.executable, "-c", f"{paths}\n{CODE}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names = {name.rpartition(".")[2] for name in done.stdout.split() if ".module_utils." in name}
    assert "_domains" in names
    assert not names & {*OTHER_HOSTS, *ONLY_TO_CHANGE}
