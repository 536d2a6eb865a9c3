# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frame buffers: xl's own spec language, dictionaries and libxl's JSON; the password never shows in a message."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_vfb
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_vfb import Vfb

SPECS = {
    "": (Vfb(), ""),
    "vnc=1, vnclisten=0.0.0.0,vncdisplay=03,vncunused=0,vncpasswd=s3cret, keymap=de": (
        Vfb(vnc=True, vnclisten="0.0.0.0", vncdisplay=3, vncunused=False, vncpasswd="s3cret", keymap="de"),
        "vnc=1,vnclisten=0.0.0.0,vncdisplay=3,vncunused=0,vncpasswd=s3cret,keymap=de",
    ),
    "sdl=1,opengl=0,display=:0.0,xauthority=/root/.Xauthority": (
        Vfb(sdl=True, opengl=False, display=":0.0", xauthority="/root/.Xauthority"),
        "sdl=1,opengl=0,display=:0.0,xauthority=/root/.Xauthority",
    ),
    "vncpasswd=": (Vfb(), ""),
}

REFUSED = {
    "vnc": "unknown parameter 'vnc'",
    "type=vnc": "unknown parameter 'type'; known are: vnc, vnclisten",
    "vnc=yes": "vnc must be 0 or 1",
    "vncdisplay=-1": "vncdisplay must be a whole number",
    "vncpassword=s3cret": "unknown parameter 'vncpassword'",
    "vncpasswd=s3cret,colour=red": "unknown parameter 'colour'",
    "vncpasswd=s3\ncret": "vncpasswd must be a string",
}


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec):
    vfb, rendered = SPECS[spec]
    assert _spec_vfb.parse(spec) == vfb
    assert _spec_vfb.render(vfb) == rendered
    assert _spec_vfb.parse(rendered) == vfb
    assert _spec_vfb.from_dict(_spec_vfb.as_dict(vfb)) == vfb
    assert _spec_vfb.identity(vfb) is None


@pytest.mark.parametrize("spec", REFUSED)
def test_refused_without_telling_the_password(spec):
    with pytest.raises(BadValue) as caught:
        _spec_vfb.parse(spec)
    assert REFUSED[spec] in str(caught.value)
    assert "cret" not in str(caught.value)
    assert caught.value.details["option"] == "vfb"


def test_the_password_does_not_show_in_repr():
    assert "s3cret" not in repr(Vfb(vncpasswd="s3cret"))


def test_from_dict():
    given = {"vnc": True, "vncunused": "no", "vncdisplay": 3, "vncpasswd": "s3cret", "keymap": None, "sdl": None}
    assert _spec_vfb.from_dict(given) == Vfb(vnc=True, vncunused=False, vncdisplay=3, vncpasswd="s3cret")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"vncpassword": "s3cret"}, "unknown key 'vncpassword'"),
        ({"colour": 1, "vncpasswd": "s3cret"}, "unknown key 'colour'"),
        ({"vncpasswd": "s3,cret"}, "without a comma"),
        ({"vncpasswd": ["s3cret"]}, "vncpasswd must be a string"),
        ({"vncdisplay": "x", "vncpasswd": "s3cret"}, "whole number"),
        ({"vnc": 2, "vncpasswd": "s3cret"}, "must be a boolean"),
    ],
)
def test_from_dict_refuses_without_telling_the_password(mapping, words):
    with pytest.raises(BadValue) as caught:
        _spec_vfb.from_dict(mapping)
    assert words in str(caught.value)
    assert "cret" not in str(caught.value)


def test_from_live():
    entry = {"devid": -1, "vnc": {"enable": "True", "findunused": "False"}, "sdl": {"enable": "False"}}
    assert _spec_vfb.from_live(entry) == Vfb(vnc=True, vncunused=False, sdl=False)
    entry = {"vnc": {"listen": "::1", "passwd": "s3cret", "display": 4}, "keymap": "de"}
    assert _spec_vfb.from_live(entry) == Vfb(vnclisten="::1", vncpasswd="s3cret", vncdisplay=4, keymap="de")
    assert _spec_vfb.from_live({}) == Vfb()
