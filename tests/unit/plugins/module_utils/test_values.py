# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scalar values: what is taken, in which canonical form, and what is refused."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

ACCEPTED = [
    (_values.domain_name, "web", "web"),
    (_values.domain_name, "0a", "0a"),
    (_values.domain_name, "_web-1.example+x", "_web-1.example+x"),
    (_values.domain_name, "a" * 40, "a" * 40),
    (_values.memory_mib, 512, 512),
    (_values.memory_mib, "512", 512),
    (_values.memory_mib, " 512 ", 512),
    (_values.memory_mib, "512m", 512),
    (_values.memory_mib, "512 MiB", 512),
    (_values.memory_mib, "512MB", 512),
    (_values.memory_mib, "2G", 2048),
    (_values.memory_mib, "1T", 1024 * 1024),
    (_values.memory_mib, "2048K", 2),
    (_values.memory_mib, "2048KiB", 2),
    (_values.positive_int, "1", 1),
    (_values.positive_int, 64, 64),
    (_values.whole_number, "0", 0),
    (_values.uuid, "11111111222233334444555555555555", "11111111-2222-3333-4444-555555555555"),
    (_values.uuid, "0B8610D8-F741-4A4C-90CA-1F29E41F39B3", "0b8610d8-f741-4a4c-90ca-1f29e41f39b3"),
    (_values.shutdown_action, "rename_restart", "rename-restart"),
    (_values.shutdown_action, "destroy", "destroy"),
    (_values.absolute_path, "/srv/x y", "/srv/x y"),
    (_values.absolute_path, "", ""),
    (_values.cpus, "", ""),
    (_values.cpus, 3, "3"),
    (_values.cpus, "3,1-2", "1-3"),
    (_values.cpus, "0-3,^1", "0,2-3"),
    (_values.cpus, "all", "all"),
    (_values.cpus, "nodes:0-3,^node:1,^0", "nodes:0-3,^node:1,^0"),
    (_values.cpus, ["1,0", 3], ["0-1", "3"]),
    (_values.cpus, [], []),
]
REFUSED = [
    (_values.domain_name, ""),
    (_values.domain_name, "12"),
    (_values.domain_name, "Domain-0"),
    (_values.domain_name, "a" * 41),
    (_values.domain_name, "web\n"),
    (_values.domain_name, "my web"),
    (_values.domain_name, "../web"),
    (_values.domain_name, ".web"),
    (_values.domain_name, "-web"),
    (_values.domain_name, "wéb"),
    (_values.domain_name, "(null)"),
    (_values.memory_mib, ""),
    (_values.memory_mib, "0"),
    (_values.memory_mib, "-1"),
    (_values.memory_mib, "1.5G"),
    (_values.memory_mib, "512X"),
    (_values.memory_mib, "1025K"),
    (_values.memory_mib, "much"),
    (_values.memory_mib, "ib"),
    (_values.memory_mib, True),
    (_values.positive_int, "0"),
    (_values.positive_int, "-1"),
    (_values.positive_int, "²"),
    (_values.positive_int, "1.0"),
    (_values.whole_number, "-1"),
    (_values.whole_number, "²"),
    (_values.whole_number, "٣"),
    (_values.uuid, ""),
    (_values.uuid, "web"),
    (_values.shutdown_action, "poweroff"),
    (_values.absolute_path, "web.img"),
    (_values.cpus, "0-"),
    (_values.cpus, "3-1"),
    (_values.cpus, "a"),
    (_values.cpus, "0,,1"),
    (_values.cpus, "^1"),
    (_values.cpus, "0-1,^0,^1"),
    (_values.cpus, "0-99999999999"),
    (_values.cpus, [""]),
]


@pytest.mark.parametrize("check, value, canonical", ACCEPTED)
def test_accepted(check, value, canonical):
    assert check("option", value) == canonical


@pytest.mark.parametrize("check, value", REFUSED)
def test_refused(check, value):
    with pytest.raises(BadValue) as caught:
        check("the option", value)
    assert caught.value.message.startswith("the option: ")
    assert caught.value.details["option"] == "the option"


UNITS = {"": 1024, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}


@given(
    st.integers(1, 4096), st.sampled_from(sorted(UNITS)), st.sampled_from(["", "b", "iB"]), st.sampled_from(["", " "])
)
def test_memory(number, unit, suffix, blank):
    text = str(number) + blank + unit + (suffix if unit else "")
    kib = number * UNITS[unit]
    if kib % 1024:
        with pytest.raises(BadValue):
            _values.memory_mib("memory", text)
    else:
        assert _values.memory_mib("memory", text) == kib // 1024
        assert _values.memory_mib("memory", text.lower()) == kib // 1024


TERM = st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 5))


@given(st.lists(TERM, min_size=1, max_size=8))
def test_cpus_are_sets(terms):
    meant, words = set(), []
    for remove, first, more in terms:
        members = set(range(first, first + more + 1))
        meant = meant - members if remove else meant | members
        words.append(("^" if remove else "") + (f"{first}-{first + more}" if more else str(first)))
    text = ",".join(words)
    if not meant:
        with pytest.raises(BadValue):
            _values.cpus("cpus", text)
        return
    canonical = _values.cpus("cpus", text)
    assert _values.cpus("cpus", canonical) == canonical
    assert "^" not in canonical
    ends = [[int(end) for end in part.split("-")] for part in canonical.split(",")]
    assert sorted(meant) == [cpu for part in ends for cpu in range(part[0], part[-1] + 1)]
    assert _values.cpus("cpus", ",".join(str(cpu) for cpu in sorted(meant, reverse=True))) == canonical


@given(st.uuids())
def test_uuids(value):
    for text in (str(value), str(value).upper(), value.hex, value.urn, "{" + str(value) + "}"):
        assert _values.uuid("uuid", text) == str(uuid.UUID(text)) == str(value)
