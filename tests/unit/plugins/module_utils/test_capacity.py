# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a list of guests needs together, held against a host that is plain data."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _capacity
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _devnodes
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options

MAC, UUID = "00:16:3e:00:00:01", "11111111-2222-3333-4444-555555555555"
FIXED = {"xen_commandline": "dom0_mem=512M", "free_memory": "1000"}


def guest(name, starts=True, **more):
    own = {key: more.pop(key) for key in ("leaves", "resized", "has", "has_disks", "rewritten") if key in more}
    values = _options.wanted_from({key: value for key, value in more.items() if value is not None})
    return _capacity.Guest(name, values, starts=starts, **own)


def disk(path, access="w", **more):
    (made,) = _options.wanted_from({"disks": [{"target": str(path), "vdev": "xvda", "access": access, **more}]})[
        "disks"
    ]
    return made


class TestMemory:
    def fails(self, *guests, info=None):
        with pytest.raises(HostError) as caught:
            _capacity.memory(guests, info or FIXED)
        return caught.value

    def test_each_fits_but_not_both(self):
        one, two = guest("a", memory=600), guest("b", memory=600)
        _capacity.memory([one], FIXED)
        error = self.fails(one, two)
        assert "1204 MiB are wanted (a 602, b 602), 1000 MiB are free" in error.message
        assert error.details["error_id"] == "insufficient_memory"

    def test_what_is_stopped_is_free_by_then(self):
        gone = guest("c", starts=False, leaves=True, has=300)
        _capacity.memory([guest("a", memory=600), guest("b", memory=600), gone], FIXED)
        assert "300 MiB will be" in self.fails(guest("a", memory=1400), gone).message

    def test_a_restart_needs_what_it_has(self):
        _capacity.memory([guest("a", memory=1400, leaves=True, has=500)], FIXED)

    def test_live_changes(self):
        """Smaller ones give, larger ones take what is more."""
        grows = guest("a", starts=False, resized=True, memory=1400, has=600)
        _capacity.memory([grows], FIXED)
        self.fails(grows, guest("b", memory=300))
        _capacity.memory([grows, guest("b", memory=300), guest("c", False, resized=True, memory=100, has=300)], FIXED)

    def test_dom0_may_give_some_away(self):
        _capacity.memory([guest("a", memory=10**6)], {"free_memory": "1"})

    def test_nothing_that_takes_any(self):
        _capacity.memory([guest("a", starts=False, memory=10**6), guest("b")], FIXED)


class TestIdentities:
    @pytest.mark.parametrize(
        "more, error_id", [({"vifs": ["mac=" + MAC]}, "duplicate_mac"), ({"uuid": UUID}, "duplicate_uuid")]
    )
    def test_two_of_one(self, more, error_id):
        _capacity.identities([guest("a", **more), guest("b")])
        with pytest.raises(ConflictError) as caught:
            _capacity.identities([guest("a", **more), guest("b", starts=False, rewritten=True, **more)])
        assert caught.value.details["error_id"] == error_id
        assert caught.value.details["domains"] == ["a", "b"]

    def test_one_that_goes_does_not_count(self):
        _capacity.identities([guest("a", uuid=UUID), guest("b", starts=False, leaves=True, uuid=UUID)])

    def test_twice_in_one_guest_is_not_ours_to_say(self):
        _capacity.identities([guest("a", vifs=["mac=" + MAC, "mac=" + MAC])])


class TestDisks:
    def two(self, first, second, starts=True):
        guests = [
            _capacity.Guest(name, {"disks": [each]}, starts=starts) for name, each in (("a", first), ("b", second))
        ]
        _capacity.disks(guests)

    def test_shared(self, tmp_path):
        (tmp_path / "image").write_text("")
        (tmp_path / "link").symlink_to(tmp_path / "image")
        for first, second in (("w", "w"), ("r", "w"), ("w", "r")):
            with pytest.raises(ConflictError) as caught:
                self.two(disk(tmp_path / "image", first), disk(tmp_path / "link", second))
            assert caught.value.details["error_id"] == "disk_in_use"
            assert "both a and b" in caught.value.message

    def test_may_be_shared(self, tmp_path):
        self.two(disk(tmp_path / "a", "r"), disk(tmp_path / "a", "r"))
        self.two(disk(tmp_path / "a"), disk(tmp_path / "b"))
        self.two(disk(tmp_path / "a", script="block-iscsi"), disk(tmp_path / "a", script="block-iscsi"))
        self.two(disk(tmp_path / "a"), disk(tmp_path / "a"), starts=False)

    def test_a_writer_between_readers(self, tmp_path):
        disks = [disk(tmp_path / "a", access) for access in ("r", "r", "w")]
        guests = [_capacity.Guest(f"g{number}", {"disks": [each]}, starts=True) for number, each in enumerate(disks)]
        with pytest.raises(ConflictError):
            _capacity.disks(guests)

    def test_takeovers(self, tmp_path):
        old = _capacity.Guest("old", {}, leaves=True, has_disks=(disk(tmp_path / "a"), disk(tmp_path / "b", "r")))
        new = _capacity.Guest("new", {"disks": [disk(tmp_path / "a", "r")]}, starts=True)
        reader = _capacity.Guest("reader", {"disks": [disk(tmp_path / "b", "r")]}, starts=True)
        again = _capacity.Guest(
            "again", {"disks": [disk(tmp_path / "c")]}, True, True, has_disks=(disk(tmp_path / "c"),)
        )
        assert _capacity.takeovers([new, reader, old, again]) == [("new", "old")]


class TestVnds:
    @pytest.fixture(autouse=True)
    def netbsd(self, monkeypatch):
        """Four vnd devices, one of them used for something else."""
        monkeypatch.setattr(_capacity.platform, "system", lambda: "NetBSD")
        monkeypatch.setattr(_devnodes, "vnd_units", lambda: [0, 1, 2, 3])
        monkeypatch.setattr(_command, "run", lambda cmd: _command.Result(0, "wd0 cd0 vnd0 xvnd9\n", ""))

    def guest(self, tmp_path, count, **more):
        paths = [tmp_path / f"{number}.img" for number in range(count)]
        for path in paths:
            path.write_text("")
        return _capacity.Guest("web", {"disks": [disk(path) for path in paths]}, **more)

    def test_enough(self, tmp_path):
        _capacity.vnds([self.guest(tmp_path, 3, starts=True)])
        _capacity.vnds([self.guest(tmp_path, 9, starts=False)])

    def test_too_few(self, tmp_path):
        with pytest.raises(HostError) as caught:
            _capacity.vnds([self.guest(tmp_path, 4, starts=True)])
        assert caught.value.details["error_id"] == "vnds_exhausted"
        assert "4 image files" in caught.value.message and "3 of 4 are free" in caught.value.message
        assert "vnd: 5" in caught.value.message

    def test_those_of_one_that_goes(self, tmp_path):
        image = tmp_path / "gone.img"
        image.write_text("")
        goes = _capacity.Guest("old", {}, leaves=True, has_disks=(disk(image),))
        _capacity.vnds([self.guest(tmp_path, 4, starts=True), goes])

    def test_only_files_need_one(self, tmp_path):
        values = {"disks": [disk("/dev/null"), disk("/dev/nothing"), disk("/dev/null/x")] * 9}
        _capacity.vnds([_capacity.Guest("web", values, starts=True)])

    def test_files_that_are_still_to_be_made(self, tmp_path):
        with pytest.raises(HostError):
            _capacity.vnds([_capacity.Guest("web", {"disks": [disk(tmp_path / "new")] * 4}, starts=True)])

    def test_not_on_linux(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_capacity.platform, "system", lambda: "Linux")
        _capacity.vnds([self.guest(tmp_path, 9, starts=True)])
