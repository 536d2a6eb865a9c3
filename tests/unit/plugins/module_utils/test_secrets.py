# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret is shown, however it stands in the file; and what is not secret stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import MASK, mask_data, mask_text, secrets_in
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_vfb
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

SHOWN = '"' + MASK + '"'


@pytest.mark.parametrize(
    "line, masked",
    [
        ('vncpasswd = "s3cret"', "vncpasswd = " + SHOWN),
        ("vncpasswd='s3cret'", "vncpasswd=" + SHOWN),
        ("  vncpasswd += 's3cret'  # ours", "  vncpasswd += " + SHOWN + "  # ours"),
        ("vncpasswd=12345", "vncpasswd=" + SHOWN),
        (r'vncpasswd = "a\"s3cret"', "vncpasswd = " + SHOWN),
        ("memory=512; vncpasswd='s3cret'; vcpus=1", "memory=512; vncpasswd=" + SHOWN + "; vcpus=1"),
        ('spicepasswd = "s3cret"', "spicepasswd = " + SHOWN),
        ('vfb = [ "vnc=1,vncpasswd=s3cret,sdl=0" ]', 'vfb = [ "vnc=1,vncpasswd=' + MASK + ',sdl=0" ]'),
        ('vfb = [ "vnc=1, vncpasswd=s3cret" ]', 'vfb = [ "vnc=1, vncpasswd=' + MASK + '" ]'),
        ("""vfb = [ "vncpasswd='s3cret'" ]""", 'vfb = [ "vncpasswd=' + MASK + '" ]'),
        ("""vfb = [ "vncpasswd=a's3cret,sdl=0" ]""", 'vfb = [ "vncpasswd=' + MASK + ',sdl=0" ]'),
        (r'vfb = [ "vncpasswd=a\"s3cret" ]', 'vfb = [ "vncpasswd=' + MASK + '" ]'),
        ('#vncpasswd = "s3cret"', "#vncpasswd = " + MASK),
        ("# don't: vfb=['vncpasswd=s3cret']", "# don't: vfb=['vncpasswd=" + MASK),
    ],
)
def test_text(line, masked):
    assert mask_text("# a\n" + line + "\nname = 'x'\n") == "# a\n" + masked + "\nname = 'x'\n"


@pytest.mark.parametrize(
    "text",
    [
        'name = "web"\nvncdisplay = 1\nvncunused = 0\n',
        "my_vncpasswd_file = '/etc/x'\n",
        "extra = 'no # vncpasswd here'\nmemory = 512\n",
        "# it isn't = \"\n vfb = ['vnc=1']\n",
    ],
)
def test_text_without_secrets(text):
    assert mask_text(text) == text


def test_a_masked_file_still_reads():
    text = "memory = 512; vncpasswd = 'x'\nvfb = ['vncpasswd=\"y']\n"
    assert _xlcfg.parse(mask_text(text)).get("vncpasswd") == MASK


# no piece of it can be part of a file without it
secret = st.builds("{0}{1}{0}".format, st.sampled_from("QXZ"), st.text("QXZ'\"\\ #;=", max_size=10))


@given(secret, st.sampled_from(["", "# old vncpasswd = 'abc'\n"]), st.booleans())
def test_no_secret_remains(word, before, in_frame_buffer):
    settings = [("name", "web"), ("memory", 512)]
    settings.append(("vfb", [f"vnc=1,vncpasswd={word},sdl=0"]) if in_frame_buffer else ("vncpasswd", word))
    text = before + _xlcfg.new_document(settings, "header")
    shown = mask_text(text)
    assert not set("QXZ") & set(shown)
    assert shown.startswith(before[:6])
    read = _xlcfg.parse(shown)
    assert (read.get("name"), read.get("memory")) == ("web", "512")


@given(secret)
def test_no_secret_remains_in_data(word):
    data = {
        "vncpasswd": word,
        "vfb": [_spec_vfb.as_dict(_spec_vfb.from_dict({"vnc": True, "vncpasswd": word}))],
        "extra_config": {"spicepasswd": word, "vfb": [f"vncpasswd={word},vnc=1"]},
        "name": "web",
        "memory": 512,
        "on": True,
        "nothing": None,
    }
    shown = mask_data(data)
    assert not set("QXZ") & set(str(shown))
    assert (shown["name"], shown["memory"], shown["on"], shown["nothing"]) == ("web", 512, True, None)
    assert shown["extra_config"]["vfb"] == [f"vncpasswd={MASK},vnc=1"]
    assert _secrets.secrets_in(data) == {word}


def test_data_without_a_secret():
    assert mask_data({"vncpasswd": "", "disks": [{"vdev": "xvda"}]}) == {"vncpasswd": "", "disks": [{"vdev": "xvda"}]}


@pytest.mark.parametrize(
    "params", [{"vncpasswd": ""}, {"vncpasswd": None}, {"vfb": [{"vncpasswd": ""}]}, {"name": "web"}]
)
def test_no_empty_secret(params):
    """Ansible replaces every occurrence of a secret in the result; one of length 0 occurs everywhere."""
    assert secrets_in(params) == set()
