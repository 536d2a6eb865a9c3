# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make demo` believes: a demo that took everything for true would show nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools"
sys.path.insert(0, str(TOOLS))

from demo import Recap, drifting, recap_of  # noqa: E402 - found in tools/, after the path above
from demo_host import parse_guests  # noqa: E402
from terminal import Report, table  # noqa: E402

LOOKED = """\
Name                                        ID   Mem VCPUs	State	Time(s)
Domain-0                                     0   768     1     r-----     247.0
web                                          1   128     1     -b----      22.6
held                                         2     4     2     -bp---       0.0
dead                                         3    96     1     ---sc-       9.1
==
Name                                ID Uptime
Domain-0                             0  0:03:55
web                                  1  0:01:51
held                                 2  1 day,  0:00:02
dead                                 3  0:00:40
==
UUID                                  ID    name
00000000-0000-0000-0000-000000000000  0    Domain-0
5bea6391-46d4-5882-a787-ef63e91663ed  1    web
714a2136-3e97-501e-a090-914ab939ef1e  2    held
efe7d40e-563e-5c8c-b643-01e722738c5b  3    dead
==
gone DOMU_READY 99999999-563e-5c8c-b643-01e722738c5b up 12.77
held DOMU_READY 11111111-3e97-501e-a090-914ab939ef1e up 2.00
web DOMU_READY 5bea6391-46d4-5882-a787-ef63e91663ed up 16.73
"""


def test_guests_are_those_that_xl_lists_without_dom0():
    guests = parse_guests(LOOKED)
    assert sorted(guests) == ["dead", "held", "web"]
    web = guests["web"]
    assert (web.domid, web.memory, web.vcpus, web.uptime) == (1, 128, 1, "0:01:51")
    assert guests["held"].uptime == "1 day, 0:00:02"


def test_the_flags_of_xl_that_matter_most_are_the_last_ones():
    assert {name: guest.state for name, guest in parse_guests(LOOKED).items()} == {
        "web": "running",
        "held": "paused",
        "dead": "crashed",
    }


def test_a_marker_counts_only_with_the_uuid_that_the_guest_has_now():
    guests = parse_guests(LOOKED)
    assert guests["web"].up
    assert not guests["held"].up, "its marker is of a guest of the same name that ran before"
    assert not guests["dead"].up, "it has printed none"


def test_a_false_statement_is_counted_and_shows_what_was_seen(capsys):
    report = Report(steps=1)
    report.verify(True, "the sky is up")
    report.verify(False, "pigs fly", "none did")
    assert report.failures == 1
    assert capsys.readouterr().out.splitlines() == ["  ok    the sky is up", "  FALSE pigs fly: none did"]


def test_columns_of_a_table_are_as_wide_as_they_need_to_be():
    assert table(("name", "id"), [("web", 1), ("longer", 12)], right=(1,)).splitlines() == [
        "  name    id",
        "  web      1",
        "  longer  12",
    ]


def test_only_what_differs_has_drifted():
    memory = {"option": "memory", "now": 160, "wanted": 128, "needs": "live"}
    guests = [
        {"name": "db", "verdict": "as declared", "differences": []},
        {"name": "web", "verdict": "differs", "differences": [memory]},
    ]
    assert drifting({"guests": guests}) == {"web": [("memory", 160, 128)]}
    assert drifting({}) == {}


LINE = "netbsd1  : ok=27   changed=9    unreachable=0    failed=1    skipped=36   rescued=0    ignored=0"
COLOURED_LINE = (
    "\x1b[0;33mnetbsd1\x1b[0m : \x1b[0;32mok=27  \x1b[0m \x1b[0;33mchanged=9   \x1b[0m unreachable=0    "
    "\x1b[0;31mfailed=1   \x1b[0m"
)


@pytest.mark.parametrize("line", [LINE, COLOURED_LINE], ids=["plain", "coloured"])
def test_a_recap_is_read_on_a_terminal_as_in_a_file(line):
    assert recap_of(0, f"PLAY RECAP\n{line}\n") == Recap(code=0, changed=9, failed=1)
    assert not recap_of(0, line).good


def test_a_command_without_a_recap_is_judged_by_its_exit_code():
    assert recap_of(0, "netbsd1 | SUCCESS").good
    assert not recap_of(2, "netbsd1 | FAILED").good
