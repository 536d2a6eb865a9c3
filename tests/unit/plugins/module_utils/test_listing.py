# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl prints, as it was recorded, and as its format strings would print anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import CAPTURES, captured

HEADER = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
ROW = "%-40s %5d %5d %5d     %s  %8.1f\n"  # xl_list.c, list_domains()


def states(name):
    return [(row.name, row.domid, row.state) for row in _listing.parse_list(captured(name))]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("a-host-008-xl-list-dom0-only", [("Domain-0", 0, "running")]),
        ("b-life-048-list-two", [("Domain-0", 0, "running"), ("web1", 1, "running"), ("db1", 3, "running")]),
        ("b-life-049-list-one", [("web1", 1, "running")]),
        (
            "b-life-104-list-created-paused",
            [("Domain-0", 0, "running"), ("web1", 1, "running"), ("db1", 3, "running"), ("paused1", 4, "paused")],
        ),
        (
            "c-end-244-list-shutdown-and-crashed",
            [
                ("Domain-0", 0, "running"),
                ("ignorer", 14, "running"),
                ("preserved", 15, "shutdown"),
                ("crasher", 16, "crashed"),
            ],
        ),
        ("c-end-257-list-zombie", [("Domain-0", 0, "running"), ("ignorer", 14, "running"), ("(null)", 19, "dying")]),
    ],
)
def test_recorded(name, expected):
    assert states(name) == expected


def test_recorded_numbers():
    assert _listing.parse_list(captured("b-life-048-list-two"))[1] == ("web1", 1, 96, 2, "running", 11.9)


def test_recorded_two_of_one_name():
    rows = _listing.parse_list(captured("d-err-155-parallel-same-name-list"))
    assert [row.name for row in rows] == ["Domain-0", "ignorer", "", "12345", "p1", "p1"]
    with pytest.raises(XenError, match="ids 64, 65"):
        _listing.find(rows, "p1")
    assert _listing.find(rows, "ignorer").domid == 14
    assert _listing.find(rows, "p2") is None


@pytest.mark.parametrize(
    "flags, state",
    [
        ("r-----", "running"),
        ("-b----", "running"),
        ("------", "running"),
        ("--p---", "paused"),
        ("---s--", "shutdown"),
        ("---sr-", "shutdown"),
        ("---ss-", "shutdown"),
        ("---sS-", "shutdown"),
        ("---s?-", "shutdown"),
        ("---sc-", "crashed"),
        ("---sw-", "crashed"),
        ("--psc-", "crashed"),
        ("--p--d", "dying"),
        ("---s-d", "dying"),
        ("-----d", "dying"),
    ],
)
def test_states(flags, state):
    assert _listing.parse_list(HEADER + ROW % ("web", 1, 2, 3, flags, 4.0))[0].state == state


@given(
    st.text("abc _-.()012", max_size=60).map(str.rstrip),
    st.integers(0, 65535),
    st.integers(0, 10**7),
    st.integers(0, 512),
    st.sampled_from(["r-----", "-b----", "--p---", "---sc-", "--ps-d"]),
    st.integers(0, 10**8),
)
def test_every_row_reads_back(name, domid, memory, vcpus, flags, tenths):
    (row,) = _listing.parse_list(HEADER + ROW % (name, domid, memory, vcpus, flags, tenths / 10))
    assert row == (name, domid, memory, vcpus, _listing.state_of(flags), tenths / 10)


@pytest.mark.parametrize(
    "line",
    [
        "libxl: error: something",
        "web 1 2 3 r-----",
        "web 1 2 r----- 4.0",
        "web 1 2 3 r---- 4.0",
        "web 1 2 3 x----- 4.0",
        "",
    ],
)
def test_a_line_that_is_no_row(line):
    with pytest.raises(XenError, match="not understood"):
        _listing.parse_list(HEADER + line + "\n")


def test_nothing_printed():
    assert _listing.parse_list("") == []


def test_long():
    configs = _listing.parse_long(captured("b-life-056-list-l-all"))
    assert sorted(configs) == [0, 1, 3]
    assert configs[1]["c_info"]["name"] == "web1"
    # a domain that is being destroyed has no configuration any more
    assert sorted(_listing.parse_long(captured("c-end-258-list-l-zombie"))) == [0, 14]


def test_every_recorded_long_listing():
    names = [path.stem for path in sorted(CAPTURES.glob("*list-l*")) if '"domid"' in path.read_text()]
    assert len(names) > 15
    for name in names:
        for domid, config in _listing.parse_long(captured(name)).items():
            assert domid == 0 or config["b_info"]["max_memkb"] > 0


@pytest.mark.parametrize("text", ["[{", "7", "[7]", '["a"]', '[{"config": {}}]', "null", '[{"domid": null}]'])
def test_long_garbled(text):
    with pytest.raises(XenError, match="xl list -l"):
        _listing.parse_long(text)


@pytest.mark.parametrize(
    "text, domids", [("", []), ("[\n]\n", []), ('{"domid": 3}', [3]), ('[{"domid": 3, "config": null}]', [3])]
)
def test_long_small(text, domids):
    assert _listing.parse_long(text) == dict.fromkeys(domids, {})


def test_uptime():
    assert _listing.parse_uptime(captured("b-life-070-uptime")) == {0: 75, 1: 41, 3: 29}
    assert _listing.parse_uptime(captured("a-host-019-xl-uptime")) == {0: 24}


@pytest.mark.parametrize(
    "shown, seconds",
    [(" 0:00:00", 0), ("23:59:59", 86399), ("1 day,  0:00:01", 86401), ("200 days, 10:20:30", 17317230)],
)
def test_uptime_days(shown, seconds):
    row = f"{'my web':<33} {12:4d} {shown}\n"  # xl_info.c, print_uptime()
    assert _listing.parse_uptime("Name                                ID Uptime\n" + row) == {12: seconds}


def test_info():
    info = _listing.parse_info(captured("b-life-086-info-with-two"))
    assert (info["free_memory"], info["total_memory"], info["xen_version"]) == ("7403", "8191", "4.17.7")
    assert info["xen_commandline"].startswith("dom0_mem=512M,max:512M ")
    assert info["xen_changeset"] == ""
