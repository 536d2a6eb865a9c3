# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real config files of public projects, kept beside the project: each must read as Xen's own parser read it.

The files are other people's work and no part of the project, so the tests are skipped where they are not at hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _options, _spec_disk
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus"
FILES = sorted((CORPUS / "xlcfg").glob("*"))
MICRO_CASES = CORPUS / "xlu-4.17-microcases.json"

pytestmark = pytest.mark.skipif(not FILES, reason=f"no corpus at {CORPUS}")


def read(text):
    """The values, or None where we refuse the text."""
    try:
        return _xlcfg.parse(text).as_dict()
    except ConfigSyntaxError:
        return None


def verdict(path):
    return json.loads((CORPUS / "xlu-4.17" / f"{path.name}.json").read_text(encoding="utf-8", errors="surrogateescape"))


def effective(settings):
    """Xen lists the newest setting of a key first."""
    values = {}
    for setting in settings:
        values.setdefault(setting["name"], setting["value"])
    return values


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def path(request):
    return request.param


def test_a_file_reads_as_xen_reads_it(path):
    expected = verdict(path)
    values = read(_xlcfg.read_text(path.read_bytes()))
    assert values == (None if expected["rc"] else effective(expected["settings"]))


def test_disks_read_as_xen_reads_them(path):
    for disk in verdict(path).get("disk", []):
        try:
            ours = _spec_disk.parse(disk["spec"])
        except BadValue:
            ours = None
        assert ours == (None if disk["rc"] else _spec_disk.from_live(disk["parsed"]))


def test_one_edit_changes_the_bytes_of_one_key(path):
    text = _xlcfg.read_text(path.read_bytes())
    if read(text) is None:
        pytest.skip("Xen cannot read this file either")
    for key, value in read(text).items():
        document = _xlcfg.parse(text)
        document.set(key, [*value, "added"] if isinstance(value, list) else value + "-changed")
        edited = document.render()
        changed = [line for line in edited.splitlines() if line not in text.splitlines()]
        gone = [line for line in text.splitlines() if line not in edited.splitlines()]
        assert 1 <= len(changed) <= 2
        assert len(gone) <= 1
        document.set(key, value)
        assert document.as_dict() == read(text)


def test_removing_all_keys_leaves_comments_only(path):
    text = _xlcfg.read_text(path.read_bytes())
    if read(text) is None:
        pytest.skip("Xen cannot read this file either")
    document = _xlcfg.parse(text)
    for key in document.as_dict():
        document.remove(key)
    assert all(not line.strip(" \t;") or line.lstrip(" \t").startswith("#") for line in document.render().split("\n"))


def micro_cases():
    return sorted(json.loads(MICRO_CASES.read_text(encoding="utf-8")).items()) if MICRO_CASES.exists() else []


@pytest.mark.parametrize(("name", "case"), micro_cases())
def test_micro_case(name, case):
    # the inputs are bytes, written as Latin-1 characters where they are that, else as text
    try:
        text = _xlcfg.read_text(case["input"].encode("latin-1"))
    except UnicodeEncodeError:
        text = case["input"]
    expected = {key: value for key, _operator, value in case["settings"]}
    assert read(text) == (None if case["rc"] else expected)


# What even xl could not use: a template's place-holder, and a key that xl has under another name since.
NOT_UNDERSTOOD = {"metaxt-domf.cfg": "cpus", "metaxt-old-domu.cfg": "vdispl"}


def test_every_property_of_a_real_file_is_understood(path):
    text = _xlcfg.read_text(path.read_bytes())
    if read(text) is None:
        pytest.skip("Xen cannot read this file either")
    problems: list[str] = []
    values = _checks.values_of(_configfile.ConfigFile(path.name, _xlcfg.parse(text)), problems)
    expected = NOT_UNDERSTOOD.get(path.name)
    assert [expected in problem for problem in problems] == ([True] if expected else [])
    for name, value in values.items():
        kind = _options.BY_NAME[name].kind
        # a file may give a kernel in xl's own directory, a task may not
        if not (kind is _kinds.PATH and not value.startswith("/")):
            assert kind.from_param(name, kind.to_data(value)) == value
