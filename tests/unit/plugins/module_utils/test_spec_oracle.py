# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of people's with random damage against each of Xen's parsers; `make fuzz` judges many more of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_devices
from ansible_collections.netbsd.xen.tests.unit.oracle import generate, mutate

CASES = 500


@pytest.mark.parametrize("subject", mutate.SUBJECTS, ids=lambda subject: subject.parser)
def test_damaged_texts_are_judged_as_by_xen(subject):
    generate.xen()
    rng = random.Random()
    texts = [*subject.seeds, *(mutate.damaged(subject, rng) for _case in range(CASES))]
    wrong = [text for text in texts if not subject.judge(text).agree]
    assert not wrong, [(mutate.smallest(subject, text), subject.judge(text)) for text in wrong[:3]]


@pytest.mark.parametrize("subject", mutate.SUBJECTS, ids=lambda subject: subject.parser)
def test_most_texts_are_right_ones_with_little_damage(subject):
    """A generator whose texts are all refused would agree with anybody."""
    generate.xen()
    rng = random.Random(1)
    verdicts = [subject.judge(mutate.damaged(subject, rng)) for _case in range(300)]
    assert sum(verdict.asked for verdict in verdicts) > 60
    assert sum(verdict.ours is not None for verdict in verdicts) > 60
    assert subject.parser.endswith("edit") or any(verdict.ours is None for verdict in verdicts)


pieces = st.sampled_from(
    ["strategy=host", "policy=strict", "policy=relaxed", "strategy=none", "policy=", "=", ",", " ", "host", "strategy"]
)


@given(st.lists(st.one_of(pieces, st.just(",")), max_size=5).map("".join))
def test_reserved_device_memory_is_judged_as_by_xen(spec):
    """xl since 4.15 takes no policy at all: xlu_rdm_parse() gives up where it has found a right one."""
    error, report = generate.xen().rdm(spec)
    try:
        ours = _spec_devices.RDM.parse(spec)
    except BadValue:
        ours = None
    if "policy" not in spec and spec.count("=") <= 1:
        assert (error == 0) == bool(ours), report
