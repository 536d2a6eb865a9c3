# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_size import SECTOR, about, parse, show


@pytest.mark.parametrize(
    "text, size",
    [
        ("10G", 10 * 1024**3),
        ("10 GiB", 10 * 1024**3),
        ("10gb", 10 * 1024**3),
        ("1.5T", 3 * 1024**4 // 2),
        ("512M", 512 * 1024**2),
        ("4k", 4096),
        ("16777216B", 16 * 1024**2),
    ],
)
def test_units_are_binary(text, size):
    assert parse("size", text) == size


@pytest.mark.parametrize(
    "text, reason",
    [
        ("10", "needs its unit"),
        (10, "needs its unit"),
        ("0G", "cannot be empty"),
        ("100B", "whole number of sectors"),
        ("-1G", "not a size"),
        ("1P", "not a size"),
        ("", "not a size"),
        ("10G\n5", "not a size"),
    ],
)
def test_what_is_no_size(text, reason):
    with pytest.raises(BadValue, match=reason):
        parse("size", text)


@given(st.integers(min_value=1, max_value=2**50))
def test_what_is_shown_is_exact(sectors):
    size = sectors * SECTOR
    shown = show(size)
    assert parse("size", shown.replace(" bytes", "B")) == size


@pytest.mark.parametrize(
    "size, shown",
    [(60931158016, "56.7 GiB"), (3 * 1024**4 // 2, "1.5 TiB"), (1024**2, "1.0 MiB"), (5000, "4 KiB"), (-1, "0 KiB")],
)
def test_what_is_free_is_shown_roughly(size, shown):
    assert about(size) == shown
