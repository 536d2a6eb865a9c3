# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of work: by what depends on what, by numbers, by the list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_order import (
    DOWN,
    UP,
    Job,
    arrange,
    reachable,
    require_no_cycle,
)


def waves(jobs, depends_on=None, orders=None):
    depends_on = {**{job.name: [] for job in jobs}, **(depends_on or {})}
    return arrange(jobs, depends_on, {**{job.name: job.order for job in jobs}, **(orders or {})}).waves


def up(*names, order=0):
    return [Job(name, UP, order) for name in names]


def down(*names, order=0):
    return [Job(name, DOWN, order) for name in names]


class TestWaves:
    def test_the_list_decides_where_nothing_else_does(self):
        assert waves(up("c", "a", "b")) == [["c", "a", "b"]]

    def test_starts_after_what_it_depends_on(self):
        assert waves(up("a", "b", "c"), {"a": ["b"], "b": ["c"]}) == [["c", "b", "a"]]

    def test_stops_before_it(self):
        assert waves(down("a", "b", "c"), {"b": ["a"], "c": ["b"]}) == [["c", "b", "a"]]

    def test_what_goes_goes_first(self):
        assert waves([*up("a"), *down("b"), *up("c")]) == [["b"], ["a", "c"]]

    def test_numbers(self):
        jobs = [*up("late", order=9), *up("a"), *up("early", order=-1)]
        assert waves(jobs) == [["early"], ["a"], ["late"]]
        assert waves([Job(job.name, DOWN, job.order) for job in jobs]) == [["late"], ["a"], ["early"]]

    def test_a_dependency_counts_more_than_a_number(self):
        jobs = [*up("a", order=1), *up("b", order=5), *up("c", order=3)]
        assert waves(jobs, {"a": ["b"]}) == [["c"], ["b", "a"]]

    def test_through_one_with_nothing_to_do(self):
        """b is as declared; a still comes after c, which b depends on."""
        order = arrange(up("a", "c"), {"a": ["b"], "b": ["c"], "c": []}, {"b": 0})
        assert order.waves == [["c", "a"]]
        assert order.needs["a"] == {"c"}

    def test_one_that_goes_does_not_wait_for_one_that_comes(self):
        order = arrange([*down("a"), *up("b")], {"a": ["b"], "b": []}, {})
        assert order.needs == {"a": frozenset(), "b": frozenset()}

    def test_one_that_comes_waits_for_one_that_gives_back(self):
        assert arrange([*up("a"), *down("b")], {"a": ["b"], "b": []}, {}).needs["a"] == {"b"}


class TestCycles:
    @pytest.mark.parametrize(
        "depends_on, cycle",
        [
            ({"a": ["a"]}, "a -> a"),
            ({"a": ["b"], "b": ["a"]}, "a -> b -> a"),
            ({"z": ["a"], "a": ["b", "c"], "b": [], "c": ["d"], "d": ["a"]}, "a -> c -> d -> a"),
        ],
    )
    def test_is_named(self, depends_on, cycle):
        with pytest.raises(XenError) as caught:
            require_no_cycle(depends_on)
        assert f": {cycle}." in caught.value.message
        assert caught.value.details["error_id"] == "dependency_cycle"

    def test_a_diamond_is_none(self):
        require_no_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []})

    def test_reachable_ends_in_a_circle_too(self):
        assert reachable("a", {"a": ["b"], "b": ["a"]}) == {"a", "b"}


@st.composite
def hosts(draw):
    """Domains, some with something to do, and dependencies that go from a later to an earlier one only."""
    count = draw(st.integers(1, 8))
    names = [f"d{number}" for number in range(count)]
    depends_on = {
        name: draw(st.lists(st.sampled_from(names[:number]), unique=True)) if number else []
        for number, name in enumerate(names)
    }
    jobs = [
        Job(name, draw(st.sampled_from([UP, DOWN])), draw(st.integers(-1, 1)))
        for name in draw(st.permutations(names))
        if draw(st.booleans())
    ]
    return jobs, depends_on


@given(hosts())
def test_everything_is_done_once_and_after_what_it_needs(host):
    jobs, depends_on = host
    require_no_cycle(depends_on)
    order = arrange(jobs, depends_on, {job.name: job.order for job in jobs})
    done = [name for wave in order.waves for name in wave]
    assert sorted(done) == sorted(job.name for job in jobs)
    for place, name in enumerate(done):
        assert order.needs[name] <= set(done[:place])
    phases = {job.name: job.phase for job in jobs}
    for name in done:
        for other in set(depends_on[name]) & set(done):
            if phases[name] == phases[other] == UP:
                assert other in order.needs[name]
            if phases[name] == phases[other] == DOWN:
                assert name in order.needs[other]
    assert [phases[name] for name in done] == sorted(phases.values())
