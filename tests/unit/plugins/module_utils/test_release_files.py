# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a release, found by its SHA512 and checked against it."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _release_files


@pytest.fixture
def release(tmp_path):
    for folder, names in (("sets", ("base.tar.xz", "etc.tgz")), ("kernel", ("netbsd-XEN3_DOMU.gz",))):
        place = tmp_path / "NetBSD-10.1" / "amd64" / "binary" / folder
        place.mkdir(parents=True)
        lines = []
        for name in names:
            (place / name).write_text(name)
            lines.append(f"SHA512 ({name}) = {hashlib.sha512(name.encode()).hexdigest()}\n")
        (place / "SHA512").write_text("".join(lines))
    return _release_files.Release(str(tmp_path), "10.1", "amd64", str(tmp_path / "cache"))


def error_id(caught):
    return caught.value.details["error_id"]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_sets_of_either_suffix_are_found_and_checked(release, scheme):
    there = release._replace(source=scheme + release.source)
    files = there.sets(["etc", "base"])
    assert [file.name for file in files] == ["etc.tgz", "base.tar.xz"]
    assert there.fetch(files[0]).endswith("/NetBSD-10.1/amd64/binary/sets/etc.tgz")


def test_what_the_release_has_not(release):
    with pytest.raises(BadValue) as caught:
        release.sets(["base", "games"])
    assert error_id(caught) == "no_such_set"
    assert "base, etc" in caught.value.message
    with pytest.raises(BadValue) as caught:
        release.kernel("GENERIC")
    assert error_id(caught) == "no_such_kernel"
    with pytest.raises(XenError) as caught:
        release._replace(number="9.9").sets(["base"])
    assert error_id(caught) == "source_missing"


def test_a_damaged_set_is_refused(release, tmp_path):
    (tmp_path / "NetBSD-10.1/amd64/binary/sets/base.tar.xz").write_text("other")
    with pytest.raises(BadValue) as caught:
        release.fetch(release.sets(["base"])[0])
    assert error_id(caught) == "wrong_checksum"


def test_something_else_in_place_of_the_checksums(release, tmp_path):
    (tmp_path / "NetBSD-10.1/amd64/binary/kernel/SHA512").write_text("<html>")
    with pytest.raises(XenError) as caught:
        release.kernel("XEN3_DOMU")
    assert error_id(caught) == "bad_checksums"


@pytest.mark.parametrize("number", ["10", "10.1/../..", ""])
def test_no_release_is_called_so(number):
    with pytest.raises(BadValue):
        _release_files.check_number(number)
