# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pkgin has said the same in many ways over the years; all of them are understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgin_output, _pkgin_repositories, _pkgsrc
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin_output import Preview

# 26.x with -n: one name a line
NEW = """calculating dependencies...done.

1 package to refresh:
  libarchive-3.7.4

1 package to upgrade:
  vim-9.1.0

2 packages to install:
  xenkernel420-20260317
xentools420-20260317

1 package to remove (superseded):
  py311-expat-3.11.1

1 to remove, 1 to refresh, 1 to upgrade, 2 to install
93M to download, 410M of additional disk space will be used
"""
# 0.6: one line, and the upgraded package under its old name there and its new one among the installed
OLD = """calculating dependencies... done.

1 packages to be upgraded: vim-7.3

3 packages to be installed: vim-7.4 xenkernel42-4.2.5 xentools42-4.2.5 (12M to download, 40M to install)

proceed ? [Y/n] """
# 0.9: names on the following lines
MIDDLE = """calculating dependencies...done.

nothing to upgrade.
2 packages to be installed (93M to download, 410M to install):

xenkernel48-4.8.2 xentools48-4.8.2

"""
MIDDLE = MIDDLE.replace("install):\n\n", "install):\n")


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            NEW,
            (
                ["xenkernel420-20260317", "xentools420-20260317"],
                ["vim-9.1.0"],
                ["libarchive-3.7.4"],
                [],
                ["py311-expat-3.11.1"],
                [],
            ),
        ),
        (OLD, (["xenkernel42-4.2.5", "xentools42-4.2.5"], ["vim-7.4"], [], [], [], [])),
        (MIDDLE, (["xenkernel48-4.8.2", "xentools48-4.8.2"], [], [], [], [], [])),
        ("nothing to do.\n", ([], [], [], [], [], [])),
        ("2 packages to delete: \n  a-1.0 b-2.0nb1\n\nproceed ? [Y/n] ", ([], [], [], ["a-1.0", "b-2.0nb1"], [], [])),
        (
            "x-2.0 (to be installed) conflicts with installed package y-1.0.\n",
            ([], [], [], [], [], [("x-2.0", "y-1.0")]),
        ),
        ("", ([], [], [], [], [], [])),
    ],
)
def test_previews(text, expected):
    assert _pkgin_output.preview(text) == Preview(*expected)


FULL = st.from_regex(r"[a-z][a-z0-9+_]{0,8}(-[a-z]{1,4})?-[0-9][0-9a-z.]{0,6}", fullmatch=True)


@given(st.lists(FULL, min_size=1, max_size=12, unique_by=lambda full: full.rpartition("-")[0]), st.integers(20, 90))
def test_lists_of_any_width(names, width):
    """Without -n the names are wrapped at the width of the terminal (action_list of actions.c)."""
    lines, line = [], "  " + names[0]
    for name in names[1:]:
        if len(line) + len(name) >= width:
            lines, line = [*lines, line], "  " + name
        else:
            line += " " + name
    heading = f"{len(names)} package{'s' if len(names) > 1 else ''} to install:"
    text = "\n".join(["calculating dependencies...done.", "", heading, *lines, line, "", "0 to refresh", ""])
    assert _pkgin_output.preview(text).install == names


@pytest.mark.parametrize(
    "text, names",
    [
        ("xentools421 is not available in the repository\n", ["xentools421"]),
        ("calculating dependencies...\rfoo is not available on the repository\n", ["foo"]),
        ("calculating dependencies.../py311-expat is not available in the repository\n", ["py311-expat"]),
    ],
)
def test_not_available(text, names):
    assert _pkgin_output.not_available(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "pkgin: /usr/pkg does not have enough space for installation (410M required but only 12M are available)",
        "pkgin: /var/db/pkgin/cache has not enough space for download",
        "pkg_add: Could not write file: No space left on device",
    ],
)
def test_no_space(text):
    assert _pkgin_output.no_space("before\n" + text + "\nafter") == text


def test_another_run():
    text = 'Package tools were upgraded.  Re-run "pkgin upgrade" to complete the upgrade.\n'
    assert _pkgin_output.again(text) and not _pkgin_output.again(NEW)


def test_errors():
    assert _pkgin_output.errors("pkg_install warnings: 1, errors: 2\npkg_install warnings: 0, errors: 1\n") == 3


# pkg_info and pkgin avail


def test_lists():
    text = "xentools420-20260317 Userland Tools\ngtk2+-2.24.33nb1    GTK+\nvim-9.2;Vim\nvim-9.1;Vim\n\n"
    assert _pkgsrc.parse_list(text) == {"xentools420": "20260317", "gtk2+": "2.24.33nb1", "vim": "9.2"}


@given(FULL)
def test_split(full):
    package = _pkgsrc.split(full)
    assert package.full == full
    assert "-" not in package.version


# repositories.conf


@pytest.mark.parametrize(
    "text, wanted, mode, after",
    [
        (None, ["http://a/All"], "exact", "http://a/All\n"),
        ("# c\nhttp://a/All\n", ["http://a/All"], "exact", "# c\nhttp://a/All\n"),
        ("# c\nhttp://a/All\n\nhttp://b\n", ["http://c", "http://a"], "exact", "# c\n\nhttp://c\nhttp://a\n"),
        ("http://a\nhttp://b\n", ["http://b", "http://a"], "exact", "http://b\nhttp://a\n"),
        ("http://a # why\n", ["http://a"], "append", "http://a # why\n"),
        ("http://a", ["http://b", "http://b"], "append", "http://a\nhttp://b\n"),
        ("http://a\n", None, "exact", "http://a\n"),
        ("http://a\n", [], "exact", ""),
    ],
)
def test_repositories(text, wanted, mode, after):
    found = _pkgin_repositories.plan(wanted, mode, text)
    assert (found.after, found.changed) == (after, after != text)
    assert found.urls == _pkgin_repositories.urls_in(after)
    if wanted is not None:
        assert not _pkgin_repositories.plan(wanted, mode, after).changed


@pytest.mark.parametrize("url", ["/srv/All", "cdn.example.org", "http://a b", "", "gopher://a"])
def test_urls(url):
    with pytest.raises(BadValue):
        _pkgin_repositories.plan([url], "exact", "")


def test_expanded(monkeypatch):
    system = type("System", (), {"machine": "amd64", "release": "10.1_STABLE"})
    monkeypatch.setattr(_pkgin_repositories.os, "uname", lambda: system)
    assert _pkgin_repositories.expanded("http://x/$arch/$osrelease/All") == "http://x/x86_64/10.1/All"
