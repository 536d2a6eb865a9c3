# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xend-config.sxp is read as xend's own parser reads it, and edited without touching what is not meant."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _sxp

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

CONFIG = """\
# -*- sh -*-
#(logfile /var/log/xen/xend.log)
(xend-http-server no)   # off
(network-script network-bridge)
#(vif-script vif-route)
(xend-relocation-hosts-allow '^localhost$ ^a\\\\.b$')
(vncpasswd '')
(many a "b c" (d (e))
      # a comment (inside
      f)
(xend-http-server yes)
stray
"""


def test_values():
    forms = _sxp.parse(CONFIG)
    assert [form.name for form in forms] == [
        *("xend-http-server", "network-script", "xend-relocation-hosts-allow", "vncpasswd", "many"),
        "xend-http-server",
    ]
    assert _sxp.get(forms, "xend-http-server") == ["no"]
    assert _sxp.get(forms, "vncpasswd") == [""]
    assert _sxp.get(forms, "xend-relocation-hosts-allow") == ["^localhost$ ^a\\.b$"]
    assert _sxp.get(forms, "many") == ["a", "b c", ["d", ["e"]], "f"]
    assert _sxp.get(forms, "vif-script") is None
    assert all(CONFIG[form.start] == "(" and CONFIG[form.end - 1] == ")" for form in forms)


@pytest.mark.parametrize(
    "text, line, column", [("(a\n (b)", 1, 1), ("\n )", 2, 2), ("(a 'b)", 1, 4), ('(a "b\\")', 1, 4)]
)
def test_errors(text, line, column):
    with pytest.raises(ConfigSyntaxError) as caught:
        _sxp.parse(text, "xend-config.sxp")
    assert (caught.value.line, caught.value.column) == (line, column)


def test_edits():
    assert _sxp.with_value(CONFIG, "xend-http-server", ["no"]) == CONFIG
    assert _sxp.with_value(CONFIG, "xend-http-server", ["yes"]) == CONFIG.replace(
        "(xend-http-server no)", "(xend-http-server yes)"
    )
    assert "#(vif-script vif-route)\n(vif-script vif-bridge)\n" in _sxp.with_value(CONFIG, "vif-script", ["vif-bridge"])
    assert _sxp.with_value(CONFIG, "dom0-cpus", ["0"]) == CONFIG + "(dom0-cpus 0)\n"
    assert _sxp.with_value("(a b)", "c", []) == "(a b)\n(c)\n"
    # a comment inside of a form is no place for a new one
    assert _sxp.with_value("(x\n#(y 1)\n)\n", "y", ["2"]) == "(x\n#(y 1)\n)\n(y 2)\n"


def test_removal():
    gone = _sxp.without(CONFIG, "xend-http-server")
    assert _sxp.get(_sxp.parse(gone), "xend-http-server") is None
    assert gone == CONFIG.replace("(xend-http-server no)", "").replace("(xend-http-server yes)\n", "")
    assert _sxp.without("(a 1) (b 2)\n", "a") == " (b 2)\n"
    assert _sxp.without(CONFIG, "none") == CONFIG


VALUE = st.recursive(st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=8)


@hypothesis.given(st.lists(VALUE, max_size=4))
def test_what_is_rendered_is_read_back(values):
    text = _sxp.with_value(CONFIG, "new", values)
    assert _sxp.get(_sxp.parse(text), "new") == values
    assert _sxp.with_value(text, "new", values) == text
    assert _sxp.without(text, "new") == CONFIG


@hypothesis.given(st.text(alphabet="ab()'\"\\# \n", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        forms = _sxp.parse(text)
    except ConfigSyntaxError:
        return
    edited = _sxp.with_value(text, "zz", ["1"])
    assert [form.value for form in _sxp.parse(edited) if form.name != "zz"] == [form.value for form in forms]
