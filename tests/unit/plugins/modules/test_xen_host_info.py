# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_host_info as Ansible runs it, on whatever host runs the tests; and its documentation."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo, _preflight
from ansible_collections.netbsd.xen.plugins.modules import xen_host_info
from ansible_collections.netbsd.xen.tests.unit.plugins.modules.test_modules import run

yaml = pytest.importorskip("yaml")


def test_host():
    result, _log = run("xen_host_info", gather_subset=["host"])
    assert not result.get("failed")
    assert sorted(set(result) - {"invocation", "warnings"}) == ["host", "running", "xen"]


def test_unknown_version():
    result, _log = run("xen_host_info", version="4.19")
    assert result["failed"] is True
    assert result["error_id"] == "unknown_version"
    assert "4.20" in result["msg"]


def test_documented_choices_and_returns():
    options = yaml.safe_load(xen_host_info.DOCUMENTATION)["options"]
    assert options["gather_subset"]["choices"] == ["all", *_hostinfo.SUBSETS]
    assert options["fail_on"]["choices"] == list(_preflight.FAIL_ON)
    returned = yaml.safe_load(xen_host_info.RETURN)
    names = {"host", "running", "xen"}
    for subset, brought in _hostinfo.RETURNS.items():
        names.update(brought)
        (text,) = [line for line in options["gather_subset"]["description"] if line.startswith(f"V({subset}) tells")]
        for name in brought:
            assert f"V({subset})" in returned[name]["returned"]
            assert f"RV({name})" in text
    assert set(returned) == names
