# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter as a template calls it, and its documentation. What it writes is ``test_kernelconfig``'s."""

from __future__ import annotations

import inspect

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.filter import domu_kernel_config as plugin

FILTER = plugin.FilterModule().filters()["domu_kernel_config"]


def test_a_kernel():
    text = FILTER(["wm"], name="XEN3_WM", machine="i386", base="MY_DOMU")
    assert "compile/XEN3_WM" in text
    assert 'include\t\t"arch/i386/conf/MY_DOMU"' in text
    assert "wm*\t\tat pci? dev ? function ?\n" in text


@pytest.mark.parametrize("drivers", ["wm", [3], ["nosuch"], ["sd"]])
def test_what_is_wrong_is_said_with_the_name_of_the_filter(drivers):
    with pytest.raises(AnsibleFilterError, match=r"netbsd\.xen\.domu_kernel_config: "):
        FILTER(drivers)


def test_every_option_is_documented_as_it_is():
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    parameters = inspect.signature(FILTER).parameters
    assert list(parameters)[0] == "drivers"
    assert {name: each.default for name, each in list(parameters.items())[1:]} == {
        name: option["default"] for name, option in options.items() if name != "_input"
    }
