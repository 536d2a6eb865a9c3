# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xm's config files: Python that is read as data, and edited. What it must give is what Python itself says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _pyconfig, _xlcfg


def parse(text):
    return _pyconfig.parse(text, "web")


def edited(text, key, value):
    document = parse(text)
    document.set(key, value)
    return document.render()


def removed(text, key):
    document = parse(text)
    document.remove(key)
    return document.render()


@pytest.mark.parametrize(
    "text, key, expected",
    [
        ("memory = 512", "memory", "512"),
        ("memory = 0x200", "memory", "512"),
        ('memory = "512"', "memory", "512"),
        ("memory = 256 * 2", "memory", "512"),
        ("memory = 1025 / 2", "memory", "512"),
        ("memory = 512.0", "memory", "512"),
        ("memory = 64\nmemory = 128", "memory", "128"),
        ("memory = 64\nmemory += 64", "memory", "128"),
        ("a = b = 3", "a", "3"),
        ("a, b = 3, 'x'", "b", "x"),
        ("name = 'a' 'b'", "name", "ab"),
        ("name = 'we' + 'b'", "name", "web"),
        ("n = 3\nname = 'web%d' % n", "name", "web3"),
        ("n = 3\nname = '%s-%02d' % ('web', n)", "name", "web-03"),
        ("n = 3\nname = 'web' + str(n)", "name", "web3"),
        ("name = '%(a)s' % {'a': 'web'}", "name", "web"),
        ("name = ' Web '.strip().lower()", "name", "web"),
        ("import os\nkernel = os.path.join('/boot', 'netbsd')", "kernel", "/boot/netbsd"),
        ("d = ['a']\ndisk = d + ['b']", "disk", ["a", "b"]),
        ("disk = ['a']\ndisk += ['b']", "disk", ["a", "b"]),
        ("disk = ['a']\ndisk.append('b')", "disk", ["a", "b"]),
        ("disk = ['a', 'b']\ndisk[1] = 'c'", "disk", ["a", "c"]),
        ("disk = ['a']\nvif = disk\nvif += ['b']", "disk", ["a", "b"]),
        ("disk = ['a'] * 2", "disk", ["a", "a"]),
        ("cpus = [['0', '1'], 2]", "cpus", [["0", "1"], "2"]),
        ("if 1 < 2:\n    memory = 5\nelse:\n    memory = 6", "memory", "5"),
        ("hvm = 0\nmemory = 5 if hvm else 6", "memory", "6"),
        ("disk = ['a', 'b', 'c'][1:]", "disk", ["b", "c"]),
        ("extra = 'caf\u00e9'", "extra", "caf\u00e9"),
        ("extra = 'caf\\xc3\\xa9'", "extra", "caf\u00e9"),
        ("memory = 5 # half\r\nname = 'x'\r\n", "name", "x"),
        ("def f():\n    global memory\n    memory = 6\nmemory = 5", "memory", "5"),
        ("memory = 5\ndel memory", "memory", None),
        ("vnc = True", "vnc", None),
        ("disk = ('a', 'b')", "disk", None),
        ("ramdisk = None", "ramdisk", None),
        ("", "memory", None),
    ],
)
def test_reads(text, key, expected):
    assert parse(text).get(key) == expected


@pytest.mark.parametrize(
    "text, key, line, reason",
    [
        ("\nname = open('/etc/name').read()", "name", 2, "open"),
        ("import socket\nname = socket.gethostname()", "name", 2, "socket.gethostname"),
        ("name = 'web%d' % vmid", "name", 1, "vmid is not set in this file"),
        ("x = foo()\n\nname = 'web' + x", "name", 3, "line 1"),
        ("name = 'a'\nif vmid:\n    name = 'b'", "name", 3, "condition"),
        ("for n in [1]:\n    name = 'b'", "name", 1, "for"),
        ("try:\n    name = 'b'\nexcept: pass", "name", 1, "try"),
        ("name = 'a'\nfrom common import *", "name", 2, "import of *"),
        ("name = 'a'\nexecfile('/etc/xen/common')", "name", 2, "execfile"),
        ("disk = ['a']\nadd(disk)", "disk", 2, "add"),
        ("disk = ['a']\nvif = change(disk)", "disk", 2, "change"),
        ("disk = ['a']\nfor d in disk:\n    disk.append(d)", "disk", 2, "for"),
        ("disk = ['%d' % n for n in (1, 2)]", "disk", 1, "list comprehension"),
        ("name = 'a' + 1", "name", 1, "Python would say"),
        ("memory = 1 / 0", "memory", 1, "Python would say"),
        ("name = 'a' * 999999999", "name", 1, "too large"),
        ("name = '%999999999d' % 1", "name", 1, "too large"),
        ("a = 'x' * 60000\nname = a + a", "name", 2, "too large"),
        ("memory = 2 ** 99999999", "memory", 1, "operator"),
        ("name = __import__('os').uname()[1]", "name", 1, "code"),
        ("name = ''.__class__", "name", 1, "code"),
        ("name = '{0.__class__}'.format(1)", "name", 1, "code"),
        ("name = (lambda: 'x')()", "name", 1, "code"),
    ],
)
def test_names_what_it_cannot_read(text, key, line, reason):
    with pytest.raises(XenError) as caught:
        parse(text).get(key)
    assert caught.value.details["line"] == line
    assert caught.value.details["error_id"] == "config_code"
    assert reason in caught.value.message
    assert parse(text).unreadable()[key][0] == line
    assert key not in parse(text).as_dict()


@pytest.mark.parametrize(
    "text, line, hint",
    [
        ("name = 'web\n", 1, ""),
        ("memory = 5\nprint 'starting'\n", 2, "print statement"),
        ("memory = 0512\n", 1, "octal"),
        ("memory = 512L\n", 1, "long"),
        ("memory: int = 5\n", 1, "Python 2"),
        ("name = f'web{1}'\n", 1, "Python 2"),
        ("name = 'a\0b'", 1, ""),
        ("x = " + "(" * 5000, 1, ""),
        ("(vm (name web))", 1, ""),
    ],
)
def test_refuses_what_is_no_config(text, line, hint):
    with pytest.raises(ConfigSyntaxError) as caught:
        parse(text)
    assert caught.value.line == line
    assert hint in caught.value.message


@pytest.mark.parametrize(
    "change", ["b += 'x'", "b[0] = vmid", "b += vmid", "for z in (1, 2):\n    b += 'x'", "b.append(vmid)", "b.sort()"]
)
def test_a_list_that_is_lost_is_lost_wherever_it_stands(change):
    """As Python has it: two names of one list, and a list in a list, change together."""
    document = parse(f"b = ['p']\nc = b\ndisk = ['d', b]\nother = ['p']\n{change}\n")
    assert {"b", "c", "disk"} <= set(document.unreadable())
    assert document.get("other") == ["p"]


def test_a_list_in_itself_is_no_trap():
    document = parse("a = ['x']\nb = [a]\na.append(b)\nname = 'web'\n")
    assert {"a", "b"} <= set(document.unreadable())


def test_nothing_is_run(tmp_path):
    target = tmp_path / "ran"
    text = f"name = 'a'\nopen({str(target)!r}, 'w')\nimport os; os.system('touch {target}')\nx = eval('1')\n"
    document = parse(text)
    document.as_dict()
    assert not target.exists()


def test_tells_what_xm_passes_over():
    assert parse("a = 1\nvnc = True\ndisk = ('x',)\n").passed_over() == {"vnc": (2, "bool"), "disk": (3, "tuple")}


def test_tells_what_is_computed():
    assert parse("a = 1\nb = a + 1\nc = 1 + 1\nif a:\n    d = 1\n").computed() == {"b": 2, "d": 5}


@pytest.mark.parametrize(
    "text, key, value, expected",
    [
        ("memory = 512  # MiB\n", "memory", 768, "memory = 768  # MiB\n"),
        ("memory=512;name='x'\n", "memory", 768, "memory=768;name='x'\n"),
        ('memory = "512"\n', "memory", 768, 'memory = "768"\n'),
        ("memory = 0x200\n", "memory", 512, "memory = 0x200\n"),
        ("memory = (512)\n", "memory", 768, "memory = 768\n"),
        ("memory = \\\n  512\n", "memory", 768, "memory = 768\n"),
        ("memory = 64\nmemory = 128\n", "memory", 256, "memory = 64\nmemory = 256\n"),
        ("memory = 64\nmemory += 64\nname = 'x'\n", "memory", 256, "memory = 256\nname = 'x'\n"),
        ("name = 'web'\n", "memory", 5, "name = 'web'\nmemory = 5\n"),
        ("name = 'web'", "memory", 5, "name = 'web'\nmemory = 5\n"),
        ("", "name", "web", 'name = "web"\n'),
        ("root = 'xbd0'\n", "root", 'it\'s "it"', "root = 'it\\'s \"it\"'\n"),
        ("extra = 'x'\n", "extra", "caf\u00e9", "extra = 'caf\\xc3\\xa9'\n"),
        ("disk = [ 'a', 'b' ]  # two\n", "disk", ["a", "c"], "disk = [ 'a', 'c' ]  # two\n"),
        ("disk = [ 'a' ]\n", "disk", ["a", "b"], "disk = [ 'a', 'b' ]\n"),
        ("disk = [ 'a', # first\n  'b', # second\n]\n", "disk", ["b"], "disk = [ 'b', # second\n]\n"),
        ("disk = ['a' 'b']\n", "disk", ["c"], "disk = [ 'c' ]\n"),
        ("disk = ['a']\ndisk += ['b']\n", "disk", ["a", "c"], "disk = [\n    'a',\n    'c',\n]\n"),
        ("vnc = True\n", "vnc", 1, "vnc = 1\n"),
        ("x = 1\r\nmemory = 5\r\n", "memory", 6, "x = 1\r\nmemory = 6\r\n"),
        ("# caf\udce9\nmemory = 5\n", "memory", 6, "# caf\udce9\nmemory = 6\n"),
    ],
)
def test_edits(text, key, value, expected):
    assert edited(text, key, value) == expected
    assert edited(expected, key, value) == expected


@pytest.mark.parametrize(
    "text, key, expected",
    [
        ("memory = 5\nname = 'x'\n", "memory", "name = 'x'\n"),
        ("memory = 5 # b\nname = 'x'\n", "memory", "name = 'x'\n"),
        ("a = 1; memory = 5\n", "memory", "a = 1\n"),
        ("memory = 5; a = 1\n", "memory", "a = 1\n"),
        ("a = 1; memory = 5; b = 2\n", "memory", "a = 1; b = 2\n"),
        ("disk = [\n  'a',\n]\ndisk += ['b']\nname = 'x'\n", "disk", "name = 'x'\n"),
        ("name = 'x'\nmemory = 5", "memory", "name = 'x'\n"),
        ("name = 'x'\n", "memory", "name = 'x'\n"),
    ],
)
def test_removes(text, key, expected):
    assert removed(text, key) == expected


@pytest.mark.parametrize(
    "text, key, line",
    [
        ("n = 1\nname = 'web%d' % n\n", "name", 2),
        ("if 1:\n    memory = 5\n", "memory", 2),
        ("memory = vmid\n", "memory", 1),
        ("\na, memory = 1, 2\n", "memory", 2),
        ("disk = ['a']\ndisk.append('b')\n", "disk", 2),
        ("memory = 5\nmaxmem = memory * 2\n", "memory", 1),
        ("for memory in [1]: pass\n", "memory", 1),
        ("import memory\n", "memory", 1),
    ],
)
def test_refuses_to_edit_code(text, key, line):
    for change in (lambda: edited(text, key, 7), lambda: removed(text, key)):
        with pytest.raises(XenError) as caught:
            change()
        assert caught.value.details["line"] == line
        assert key in caught.value.message


def test_a_refused_edit_leaves_the_document_as_it_was():
    document = parse("memory = 5\nmaxmem = memory * 2\n")
    with pytest.raises(XenError):
        document.set("memory", 7)
    assert document.get("memory") == "5"
    assert document.render() == "memory = 5\nmaxmem = memory * 2\n"


@pytest.mark.parametrize("key", ["", "a b", "1a", "class", "print", "a.b", "None"])
def test_refuses_names_that_are_none(key):
    with pytest.raises(BadValue):
        parse("").set(key, 1)


def test_a_new_document_is_python_and_xl():
    items = [("name", "web"), ("memory", 512), ("disk", ["a", "b'c"]), ("vif", ["x"]), ("pci", [])]
    text = _pyconfig.new_document(items, "A header\n\nof lines")
    assert run(text) == {"name": "web", "memory": 512, "disk": ["a", "b'c"], "vif": ["x"], "pci": []}
    assert _xlcfg.parse(text).as_dict() == parse(text).as_dict()


# Properties. Python itself is the judge, of texts that this file makes of literals only.

KEYS = ("name", "memory", "disk", "extra", "on_crash")
words = st.text(st.characters(min_codepoint=1, max_codepoint=0x17F), max_size=8)
scalars = st.one_of(st.integers(0, 2**40), words)
values = st.one_of(scalars, st.lists(words, max_size=4))
blanks = st.sampled_from(["", " ", "\t", "  "])
comments = st.sampled_from(["", "  # a comment", " #; 'x", "\n# a line", "\n"])


def source_of(value):
    """The source of a value as Python 2 would want it: bytes beyond ASCII escaped."""
    if isinstance(value, list):
        return st.builds(
            lambda items, sep, end: "[" + sep.join(items) + end + "]",
            st.tuples(*map(source_of, value)),
            st.sampled_from([", ", ",", ",\n  ", " , # why\n "]),
            st.sampled_from(["", " ", "\n"]),
        )
    if isinstance(value, int):
        return st.sampled_from([str(value), hex(value), f"({value})"])
    escaped = "".join(
        char if " " <= char <= "~" and char not in "\\'\"" else "".join(f"\\x{byte:02x}" for byte in char.encode())
        for char in value
    )
    return st.sampled_from([f"'{escaped}'", f'"{escaped}"', f"'''{escaped}'''", f"('' '{escaped}')"])


@st.composite
def texts(draw):
    """A config file of plain values, laid out as people do."""
    lines = []
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=6)):
        value = draw(values)
        operator = draw(st.sampled_from(["=", "="] + (["+="] if isinstance(value, list) else [])))
        if operator == "+=":
            lines.append(f"{key} = []")
        lines.append(f"{key}{draw(blanks)}{operator}{draw(blanks)}{draw(source_of(value))}{draw(comments)}")
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, ""]) if draw(st.booleans()) else "\n".join(lines)


def run(text):
    """What Python makes of it, in the words of Python 2: strings are bytes."""
    found = {}
    exec(compile(text.encode("utf-8").decode("latin-1"), "config", "exec"), {"__builtins__": {}}, found)
    return {key: told(value) for key, value in found.items()}


def told(value):
    if isinstance(value, list):
        return [told(item) for item in value]
    return value.encode("latin-1").decode() if isinstance(value, str) else value


def as_read(value):
    return [as_read(item) for item in value] if isinstance(value, list) else str(value)


@given(texts())
def test_reads_what_python_reads(text):
    document = parse(text)
    assert document.as_dict() == {key: as_read(value) for key, value in run(text).items()}
    assert document.render() == text


@given(texts(), st.sampled_from(KEYS), values)
def test_an_edit_changes_one_value(text, key, value):
    before = run(text)
    after = edited(text, key, value)
    ran = run(after)
    assert as_read(ran[key]) == as_read(value)
    assert {name: ran[name] for name in ran if name != key} == {name: before[name] for name in before if name != key}
    assert edited(after, key, value) == after


@given(texts(), st.sampled_from(KEYS))
def test_a_removal_takes_one_value(text, key):
    ran = run(removed(text, key))
    assert ran == {name: value for name, value in run(text).items() if name != key}


@given(st.text(st.sampled_from("ab=+[]'\"(),%#\n\\ 1;:."), max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        document = parse(text)
    except ConfigSyntaxError:
        return
    assert document.render() == text
    document.as_dict()
