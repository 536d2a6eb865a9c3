# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table against what real xl made of a config file with each option (tests/integration/record_options.py).

That xl has the value where our getter looks for it proves the key, its type and the getter at once: xl ignores keys
that it does not know, and complains of values of another type.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_diff
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.option_examples import EXAMPLES
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import config

RECORDED = json.loads(
    (Path(__file__).resolve().parents[3] / "fixtures" / "options-xl-4.17.json").read_text(encoding="utf-8")
)
CASES = RECORDED["cases"]
NAMES = [f"{case['option']}={case['value']}"[:50] for case in CASES]
# What libxl's configuration does not hold, or not as it was said.
NOT_TOLD = {
    "cmdline", "root", "extra", "cpuid", "vsnd", "pci_permissive", "pci_msitranslate", "pci_seize", "pci_power_mgmt",
}  # fmt: skip
# What xl says of a file that has nothing wrong in it.
HARMLESS = ("WARNING: msr_relaxed", "If it fixes", "xen-devel@", 'WARNING: Specifying "altp2mhvm"', "got a tsc mode")


def wanted(case):
    return _options.wanted_from({case["option"]: case["value"]})[case["option"]]


def test_every_example_was_recorded():
    assert [(case["option"], case["value"]) for case in CASES] == [
        (name, value) for name, example in EXAMPLES.items() for value in example.good
    ]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_xl_reads_it(case):
    """Without a complaint: xl would warn of a string where it wants a list, of a word where it wants a number."""
    if case["option"] == "device_model":  # a key of xm's
        assert case["said"][0] == "WARNING: ignoring device_model directive."
        return
    assert case["rc"] == 0
    assert [line for line in case["said"] if not line.startswith(HARMLESS)] == []


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_getter_finds_it(case):
    option = _options.BY_NAME[case["option"]]
    live = option.live(case["libxl"])
    if option.only_xm or option.newer or option.name in NOT_TOLD:
        return
    assert live is not _live.UNKNOWN
    assert _plan_diff.agrees(option, wanted(case), case["libxl"], "exact"), live


@pytest.mark.parametrize("name", sorted({case["option"] for case in CASES}))
def test_values_are_told_apart(name):
    """A getter that always said yes would pass all of the above."""
    option = _options.BY_NAME[name]
    if option.only_xm or option.newer or name in NOT_TOLD or name in ("type", "builder"):
        return
    # a guest of the same type that was not given the option
    base = "hvm" if EXAMPLES[name].guest == "hvm" else "pv"
    other = next(
        case["libxl"]
        for case in CASES
        if case["option"] != name and case["option"] in ("boot", "hdtype", "on_crash", "on_reboot")
        if EXAMPLES[case["option"]].guest == base
    )
    mine = [case for case in CASES if case["option"] == name]
    told_apart = [case for case in mine if not _plan_diff.agrees(option, wanted(case), other, "exact")]
    if EXAMPLES[name].guest != "pvh":
        assert told_apart or option.live(other) is _live.UNKNOWN, option.live(other)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_recorded_file_says_what_was_asked_for(case):
    option = _options.BY_NAME[case["option"]]
    assert option.kind.from_file(option.key, config(case["config"]).value(option.key)) == wanted(case)
