# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that the tests of guests share: a Linux dom0 of the lab with the modules on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from onlab import LabHost
from xenlab import Lab

# for faults.figures, which the tests of faults share with those on fake hosts
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture(scope="session")
def lab_host() -> Iterator[LabHost]:
    """One host for all tests of a worker; each test leaves it without guests and configs of its own.

    What a killed run has left of that name is ended first.
    """
    with Lab.instance(f"guests_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as host, LabHost(host) as lab:
        yield lab
