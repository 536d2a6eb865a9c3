# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile text in every option that takes text: refused, or in the file so that its own reader reads exactly that text.

The readers are libxlutil for xl's configs and xl.conf, sh for rc.conf, the lab's loaders for boot menus, Python itself
for xm's configs, and the S-expressions of xend. No reading may run anything: the canary is a file that would appear.
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets, _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options, _spec_disk, _spec_vfb, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_keyed import TEXT, KeyedSpec
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf, _rcconf_plan
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _sxp
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstackconf
from ansible_collections.netbsd.xen.tests.unit.oracle import xlu

CANARY = "canary"
HOSTILE = {
    "blanks": " a  b ",
    "newline": 'a\nmemory = 1\nname = "other"',
    "newline at the end": "a\n",
    "carriage return": "a\rb\r\n",
    "single quotes": "a'b'' c",
    "double quotes": 'a"b"" c',
    "both quotes": "a'b\"c",
    "backslash": "a\\",
    "escapes": "a\\n\\x41\\101\\'\\\"",
    "command": f"$(touch {CANARY})",
    "backticks": f"`touch {CANARY}`",
    "commands": f"a; touch {CANARY}; b && touch {CANARY} | touch {CANARY} & touch {CANARY}",
    "out of quotes": f"';touch {CANARY};'\";touch {CANARY};\"",
    "redirection": f"a >{CANARY} <{CANARY}",
    "variables": "$HOME ${PATH} $$ $1",
    "comment": "a # b",
    "only a comment": "#",
    "Python": f"'+__import__('os').system('touch {CANARY}')+'",
    "Python, double": f"\"+__import__('os').system('touch {CANARY}')+\"",
    "end of list": f"a' ]\nbootloader = 'touch {CANARY}'\nx = [ 'b",
    "template": "{{ lookup('pipe', 'touch canary') }}{% raw %}",
    "formats": "%s %(x)s %n {0} {x}",
    "parentheses": ") (xend-unix-server no",
    "items": "a,b=c,vdev=xvdz,script=/tmp/x",
    "colons": "a:b;c=d",
    "option": "-x --help",
    "dots": "../../../etc/passwd",
    "glob": "* ? [a-z] ~root",
    "empty": "",
    "long": "x" * 4096,
    "very long": "long text " * 10_000,
    "letters of others": "é—☃\U0001f480 مرحبا",
    "directions": "a\u202eb\u2028c\x85d",
    "control characters": "a\tb\x1b[31m\x07\x7f\x01",
    "NUL": "a\0b",
    "no UTF-8": "a\udcff\udc80b",
    "lone surrogate": "a\ud800b",
}
# what a key, or a variable, may be called
NAMES = (HOSTILE["long"],)
TEXT_ID = {"ids": list(HOSTILE)}
# An absolute path is all that a path must be.
PATHS = [option.name for option in _options.TABLE if option.spec.get("type") == "path"]
STRINGS = [
    option.name
    for option in _options.TABLE
    if option.spec.get("type") == "str" and "choices" not in option.spec and option.name not in ("uuid", "memory")
]
KEYED = {
    option.name: option.kind.spec
    for option in _options.TABLE
    if isinstance(getattr(option.kind, "spec", None), KeyedSpec)
}


@pytest.fixture(scope="module")
def xen() -> xlu.Xlu:
    try:
        return xlu.load()
    except xlu.OracleMissing as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def no_canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a text says is touched would be in the current folder."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / CANARY).exists()


def written(name: str, value: Any, syntax: str = "xl") -> str | None:
    """The config file that a task with this option makes; None when the task is refused."""
    wish = _plan_config.Wish("web", {}, {}, "exact", "xen1")
    try:
        wish = wish._replace(properties=_options.wanted_from({name: value}))
        config = _configfile.ConfigFile("/etc/xen/web.cfg", None, syntax)
        wanted = _plan_config.complete(wish, config, None)
        text = _plan_config.new_text(_plan_config.file_changes(wanted, wish, config), wish, config)
        _configfile.parse(text or "", config.path, syntax)
    except XenError as error:
        assert error.message and error.details["error_id"]
        return None
    return text


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_names(text: str) -> None:
    """No such text is a name, of a domain or of anything that is called after one, but the one that is an option."""
    with pytest.raises(XenError):
        _values.domain_name("name", text)


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_text_and_paths_of_a_guest(xen: xlu.Xlu, text: str) -> None:
    for name in [*STRINGS, *PATHS]:
        option, value = _options.BY_NAME[name], f"/{text}" if name in PATHS else text
        config = written(name, value)
        if config is None:
            continue
        said = xen.config(config, ("name", option.key))
        assert said.rc == 0, f"{name}: {said.report}"
        assert said.values == {"name": "web", **({option.key: value} if value else {})}, name
    assert text in ("a\0b", "a\ud800b", "") or written("extra", text), "nothing was to be seen"


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_extra_config(xen: xlu.Xlu, text: str) -> None:
    """As a value, and as a key."""
    document = _configfile.ConfigFile("/etc/xen/web.cfg", None)
    for changes, keys in (([("x_y", [text, [text]])], ("x_y",)), ([(text, "a")], ())):
        try:
            config = _configfile.edited(document, [("name", "web"), *changes], "of web")
        except XenError:
            continue
        assert keys or text in NAMES, "no such text is a key"
        if not keys:
            continue
        assert xen.config(config, ("name", *keys)).values == {"name": "web", "x_y": [text, [text]]}


DEVICES = [
    *(("disks", {"vdev": "xvda"}, "disk", field) for field in ("target", "script", "backend")),
    *(("vifs", {"mac": "00:16:3e:00:00:01"}, "vif", field)
      for field in ("bridge", "script", "vifname", "ip", "gatewaydev", "backend", "model", "vlan")),
    *(("vfb", {}, "vfb", field) for field in ("vnclisten", "vncpasswd", "keymap", "display", "xauthority")),
]  # fmt: skip
SPECS = {"disks": _spec_disk, "vifs": _spec_vif, "vfb": _spec_vfb}


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_devices(xen: xlu.Xlu, text: str) -> None:
    """Only this item of the device has the text, and no other item, device or setting comes out of it."""
    for name, beside, key, field in DEVICES:
        device = {**({"target": "/d"} if name == "disks" else {}), **beside, field: text}
        config = written(name, [device])
        if config is None:
            continue
        said = xen.config(config, ("name", key, "memory", "bootloader")).values
        assert set(said) == {"name", key} and len(said[key]) == 1, f"{name}.{field}: {said}"
        wanted = SPECS[name].from_dict(device)
        assert SPECS[name].parse(said[key][0]) == wanted, f"{name}.{field}: {said[key]}"
        if text:
            assert getattr(wanted, field) == text, f"{name}.{field}"
        if name == "disks":
            parsed, report = xen.disk(said[key][0])
            assert parsed is not None, report
            assert _spec_disk.from_live(parsed) == wanted


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_devices_of_keys_and_values(xen: xlu.Xlu, text: str) -> None:
    for name, spec in KEYED.items():
        needed = {key: "a" for key in spec.required}
        for field in (field for field, key in spec.keys.items() if key.kind == TEXT):
            config = written(name, [{**needed, field: text}])
            if config is None:
                continue
            option = _options.BY_NAME[name]
            said = xen.config(config, ("name", option.key, "memory", "bootloader")).values
            assert set(said) == {"name", option.key}, said
            (item,) = said[option.key] if isinstance(said[option.key], list) else [said[option.key]]
            # xl passes over blanks after a comma, which only virtio lets stand in a value
            assert spec.parse(item).get(field, "").replace(", ", ",") == text.replace(", ", ",")


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_files_of_xm(text: str) -> None:
    """xm runs its files as Python: what is written must be literals, and these the right ones."""
    for name in ("kernel", "extra", "root", "disks", "description"):
        value = [{"target": f"/{text}", "vdev": "xvda"}] if name == "disks" else f"/{text}"
        config = written(name, value, "xm")
        if config is None:
            continue
        tree = ast.parse(config)
        assert all(isinstance(node, ast.Assign) for node in tree.body), config
        said = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body}
        assert set(said) == {"name", "uuid", _options.BY_NAME[name].key} - ({"uuid"} - set(said))
        found = said[_options.BY_NAME[name].key]
        # the Python of xm is Python 2, where a string is bytes
        found = (found[0] if name == "disks" else found).encode("latin-1").decode("utf-8", "surrogateescape")
        assert text in found if name == "disks" else found == value, name


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_rc_conf(tmp_path: Path, text: str) -> None:
    """As a value, in a list of words, as a name, and put behind what is there."""
    old = "a=1 # one\nguests='x y'\n"
    for name, wish in (
        ("value", lambda: _rcconf_plan.wish("value", text)),
        ("guests", lambda: _rcconf_plan.list_wish("guests", [text], [])),
        (text, lambda: _rcconf_plan.wish(text, "YES")),
    ):
        path = tmp_path / "rc.conf"
        try:
            todo = _rcconf_plan.plan([wish()], path=str(path), reader={str(path): old}.get)
        except XenError:
            continue
        ((_before, after),) = todo.changes.values()
        path.write_bytes(_rcconf.to_bytes(after))
        done = subprocess.run(
            ["/bin/sh", "-c", f'set -e; . "$1"; printf "%s\\0" "$a" "${name}"', "sh", str(path)],
            env={"PATH": os.defpath},
            capture_output=True,
            check=True,
            timeout=10,
        )
        said = [part.decode("utf-8", "surrogateescape") for part in done.stdout.split(b"\0")]
        assert done.stderr == b""
        wanted = {"value": text, "guests": f"x y {text}".rstrip()}.get(name, "YES")
        assert said == ["1", wanted, ""]


@pytest.mark.parametrize("text", HOSTILE.values(), **TEXT_ID)
def test_files_of_the_toolstacks(xen: xlu.Xlu, text: str) -> None:
    """xl.conf and xend-config.sxp."""
    for key, value in (("vif.default.script", text), (text, "a")):
        try:
            after = _toolstackconf.xl_edited('# xl\nautoballoon="off"\n', {key: value}, "xl.conf")
        except XenError:
            continue
        assert key != text or key in NAMES, "no such text is a key"
        assert xen.config(after, ("autoballoon", key)).values == {"autoballoon": "off", key: value}
    for key, value in (("vif-script", text), ("vif-script", [text, [text]]), (text, "a")):
        old = "(xend-unix-server yes)\n"
        try:
            after = _toolstackconf.xend_edited(old, {key: value}, "xend-config.sxp")
        except XenError:
            continue
        forms = _sxp.parse(after)
        assert [form.name for form in forms] == ["xend-unix-server", key]
        assert forms[1].value[1:] == (value if isinstance(value, list) else [value])


@pytest.mark.parametrize("text", [f"hunter{text}2" for text in HOSTILE.values()], **TEXT_ID)
def test_passwords_are_not_shown(text: str) -> None:
    """Neither in what is shown of a file, nor as a part of a message that has the value in it."""
    for name, value in (("vncpasswd", text), ("spicepasswd", text), ("vfb", [{"vnc": True, "vncpasswd": text}])):
        try:
            _options.wanted_from({name: value})
        except XenError as error:
            shown = error.message
            for word in sorted(_secrets.secrets_in({"vncpasswd": text}), key=len, reverse=True):
                for spelling in sorted(_secrets.spellings(word), key=len, reverse=True):
                    shown = shown.replace(spelling, "")
            assert "hunter" not in shown
        config = written(name, value)
        if config is not None:
            assert "hunter" not in _secrets.mask_text(config), name
