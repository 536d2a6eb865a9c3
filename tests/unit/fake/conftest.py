# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake xl, and the recorded runs of the real one that it is held to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen, fake_xen  # noqa: F401 # pylint: disable=unused-import # a fixture
from ansible_collections.netbsd.xen.tests.unit.fake.replay import RealHost, Said


@pytest.fixture
def real_host(tmp_path: Path) -> RealHost:
    return RealHost(tmp_path / "xen")


@pytest.fixture
def xl(fake_xen: FakeXen) -> Callable[..., Said]:  # noqa: F811
    """Run the fake xl of ``fake_xen``."""

    def run(*arguments: object) -> Said:
        done = subprocess.run(
            ["xl", *map(str, arguments)],
            env=fake_xen.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run
