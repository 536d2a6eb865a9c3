# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the config file shall say: what changes in it, what is left alone, and that a second run finds nothing to do."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _devices, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _identity
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_domain
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import (
    HOST,
    PATH,
    SAVE,
    config,
    guest,
    live,
    wish,
)

FILE = 'name = "web"\nkernel = "/k"\nmemory = 512\n'
A, B, C = "00:16:3e:00:00:0a", "00:16:3e:00:00:0b", "00:16:3e:00:00:0c"


def planned(wished, text=FILE, there=None):
    request = _plan_domain.Request("present", wished)
    return _plan_domain.plan(request, _plan_domain.Situation(config(text), there, SAVE, False), _xl.Commands)


def after(wished, text=FILE, there=None):
    """The document that the plan would leave."""
    return _xlcfg.parse(planned(wished, text, there).config_after)


def macs(wished, text, there=None):
    return [_options.BY_KEY["vif"].kind.spec.parse(spec).mac for spec in after(wished, text, there).get("vif")]


class TestIdentities:
    def test_uuid_and_mac_of_a_new_domain(self):
        made = after(wish(kernel="/k", memory="64", vifs=[{"bridge": "br0"}]), text=None)
        assert made.get("uuid") == _identity.derive_uuid(HOST, "web")
        assert made.get("vif") == ["mac={},bridge=br0".format(_identity.derive_mac(HOST, "web", 0))]

    def test_derived_ones_are_stable_and_different(self):
        assert _identity.derive_mac("xen1", "web", 0) == _identity.derive_mac("xen1", "web", 0)
        seeds = [(host, name, index) for host in ("xen1", "xen2") for name in ("web", "db") for index in (0, 1)]
        found = {_identity.derive_mac(*seed) for seed in seeds}
        assert len(found) == len(seeds)
        assert all(mac.startswith("00:16:3e:") for mac in found)
        assert _identity.derive_uuid("xen1", "web") != _identity.derive_uuid("xen2", "web")

    def test_a_users_file_gets_no_uuid(self):
        assert after(wish(vcpus=2)).get("uuid") is None

    @pytest.mark.parametrize(
        "given_macs, filed, expected",
        [
            ([None], [A], [A]),
            ([None, None], [A, B], [A, B]),
            ([None], [A, B], [A]),
            ([B, None], [A, B], [B, None]),
            ([None, A], [A, B], [None, A]),
            ([C], [A], [C]),
            ([None], [None], [None]),
            ([None, None], [A], [A, None]),
        ],
    )
    def test_mac_of_the_place_in_the_file(self, given_macs, filed, expected):
        def spec(mac):
            return "bridge=br0" + (",mac=" + mac if mac else "")

        text = FILE + f"vif = {[spec(mac) for mac in filed]!r}\n"
        found = macs(wish(vifs=[dict(bridge="br0", **({"mac": mac} if mac else {})) for mac in given_macs]), text)
        assert len(set(found)) == len(found)
        derived = {_identity.derive_mac(HOST, "web", index) for index in range(4)}
        assert [None if mac in derived else mac for mac in found] == expected

    def test_mac_of_the_running_guest(self):
        there = guest(libxl=live(nics=[{"devid": 0, "mac": A, "bridge": "br0"}]))
        assert macs(wish(vifs=["bridge=br0"]), FILE, there) == [A]
        assert macs(wish(vifs=["bridge=br0"]), FILE + f"vif = ['mac={B}']\n", there) == [B]

    def test_a_derived_mac_that_is_in_use_already(self):
        mine = _identity.derive_mac(HOST, "web", 1)
        found = macs(wish(vifs=[{"mac": mine}, {"bridge": "br0"}]), FILE)
        assert found == [mine, _identity.derive_mac(HOST, "web", 2)]


class TestDevices:
    DISKS = FILE + "disk = [ '/a.img,raw,xvda,rw', # system\n 'phy:/dev/vg/b,xvdb,w' ]\n"

    def test_both_forms_mean_the_same(self):
        same = [{"target": "/dev/vg/b", "vdev": "xvdb"}, "file:/a.img,xvda,w"]
        assert not planned(wish(disks=same), self.DISKS).changed

    def test_exact(self):
        assert after(wish(disks=["/b.img,raw,xvdb,ro"]), self.DISKS).get("disk") == ["/b.img,raw,xvdb,ro"]

    def test_append(self):
        made = after(wish(disks=["/b.img,raw,xvdb,ro", "/c.img,raw,xvdc,rw"], policy="append"), self.DISKS)
        assert made.get("disk") == ["/a.img,raw,xvda,rw", "/b.img,raw,xvdb,ro", "/c.img,raw,xvdc,rw"]

    def test_append_what_is_there(self):
        assert not planned(wish(disks=["/a.img,raw,xvda,rw"], policy="append"), self.DISKS).changed

    def test_the_order_of_vifs_counts(self):
        text = FILE + f"vif = [ 'mac={A}', 'mac={B}' ]\n"
        assert macs(wish(vifs=["mac=" + B, "mac=" + A]), text) == [B, A]

    @pytest.mark.parametrize(
        "option, devices, what",
        [
            ("disks", ["/a,raw,xvda,rw", "/b,raw,d0p0,rw"], "vdev"),
            ("vifs", ["mac=" + A, {"mac": A.upper()}], "MAC"),
            ("pci", ["01:00.0", {"bdf": "0000:01:00.0"}], "BDF"),
            ("pci", ["name=card", {"name": "card"}], "name"),
        ],
    )
    def test_two_of_one_identity(self, option, devices, what):
        with pytest.raises(BadValue, match=what):
            planned(wish(**{option: devices}))

    def test_functions_by_name_are_different(self):
        made = after(wish(pci=["name=one", "name=two"], policy="append"), FILE + "pci = [ 'name=three' ]\n")
        assert made.get("pci") == ["name=three", "name=one", "name=two"]

    @pytest.mark.parametrize(
        "wanted, running, same",
        [
            (f"mac={A},bridge=br0", {"mac": A, "bridge": "br0", "nictype": "vif", "devid": 0}, True),
            (f"mac={A}", {"mac": A, "bridge": "br0"}, True),
            (f"mac={A},bridge=br1", {"mac": A, "bridge": "br0"}, False),
            (f"mac={A}", {"mac": B}, False),
            (f"mac={A},script=vif-nat", {"mac": A, "script": "/etc/xen/scripts/vif-nat"}, True),
            (f"mac={A},script=vif-nat", {"mac": A, "script": "/etc/xen/scripts/vif-bridge"}, False),
            (f"mac={A},script=/x/vif-nat", {"mac": A, "script": "/etc/xen/scripts/vif-nat"}, False),
        ],
    )
    def test_a_running_vif(self, wanted, running, same):
        spec = _options.BY_NAME["vifs"].kind.spec
        found = _devices.same_live("vifs", spec, [spec.parse(wanted)], [spec.from_live(running)], "exact")
        assert found is same

    @pytest.mark.parametrize(
        "wanted, running, same",
        [
            ("/a,raw,xvda,rw", {"pdev_path": "/a", "vdev": "xvda", "format": "raw", "readwrite": 1}, True),
            ("/a,raw,xvda,ro", {"pdev_path": "/a", "vdev": "xvda", "format": "raw", "readwrite": 1}, False),
            ("/a,raw,xvda,rw", {"pdev_path": "/a", "vdev": "xvda", "format": "raw"}, False),
            ("/a,raw,xvda,rw", {"pdev_path": "/a", "vdev": "xvda", "format": "qcow2", "readwrite": 1}, False),
            ("/a,raw,xvda,rw", {"pdev_path": "/b", "vdev": "xvda", "format": "raw", "readwrite": 1}, False),
            ("/a,raw,0x1,rw", {"pdev_path": "/a", "vdev": "0x1", "format": "raw", "readwrite": 1}, True),
            ("/a,raw,1,rw", {"pdev_path": "/a", "vdev": "0x1", "format": "raw", "readwrite": 1}, True),
        ],
    )
    def test_a_running_disk(self, wanted, running, same):
        spec = _options.BY_NAME["disks"].kind.spec
        found = _devices.same_live("disks", spec, [spec.parse(wanted)], [spec.from_live(running)], "exact")
        assert found is same


class TestKernelLine:
    @pytest.mark.parametrize(
        "text, params, line",
        [
            ("", {}, ""),
            ("root = 'xbd0'\n", {}, "root=xbd0"),
            ("extra = '-x'\n", {}, "-x"),
            ("root = 'xbd0'\nextra = '-x'\n", {}, "root=xbd0 -x"),
            ("root = 'xbd0'\nextra = '-x'\n", {"extra": "-s"}, "root=xbd0 -s"),
            ("root = 'xbd0'\nextra = '-x'\n", {"root": ""}, "-x"),
            ("root = 'xbd0'\ncmdline = '-c'\n", {}, "-c"),
            ("root = 'xbd0'\n", {"cmdline": "-c"}, "-c"),
        ],
    )
    def test_put_together_as_xl_does(self, text, params, line):
        assert _plan_config.kernel_line(params, config(FILE + text)) == line

    @pytest.mark.parametrize(
        "params, changed",
        [
            ({"extra": "quiet"}, ["extra"]),
            ({"cmdline": "root=xbd0 quiet"}, ["cmdline"]),
            ({"root": "xbd0", "extra": "quiet"}, ["root", "extra"]),
        ],
    )
    def test_one_line_in_other_words_needs_no_restart(self, params, changed):
        """The guest has the line already; only the file says it in another way, or not yet."""
        text = FILE + ("root = 'xbd0'\n" if params == {"extra": "quiet"} else "")
        there = guest(libxl=live(cmdline="root=xbd0 quiet"))
        made = planned(wish(**params), text, there)
        assert [(item.option, item.needs) for item in made.differences] == [(name, "config") for name in changed]

    def test_another_line_needs_a_restart(self):
        made = planned(wish(extra="quiet"), FILE, guest(libxl=live(cmdline="root=xbd0 quiet")))
        assert [(item.option, item.live, item.needs) for item in made.differences] == [
            ("extra", "root=xbd0 quiet", "restart")
        ]


class TestType:
    @pytest.mark.parametrize(
        "line, wanted, left",
        [
            ("builder = 'hvm'", "hvm", ("hvm", None)),
            ("builder = 'generic'", "pv", ("generic", None)),
            ("builder = 'hvm'", "pvh", (None, "pvh")),
            ("builder = 'hvm'\ntype = 'pv'", "pv", ("hvm", "pv")),
            ("", "pv", (None, "pv")),
        ],
    )
    def test_builder(self, line, wanted, left):
        made = after(wish(type=wanted), FILE + line + "\n")
        assert (made.get("builder"), made.get("type")) == left


class TestExtra:
    @pytest.mark.parametrize(
        "line, value",
        [
            ("nographic = 1", 1),
            ("nographic = 1", True),
            ("nographic = 1", "1"),
            ("nographic = '1'", 1),
            ("videoram = 0x10", 16),
            ("videoram = 010", 8),
            ("localtime = 0", False),
            ("pool = 'a'", "a"),
            ("ioports = [ '3f8', 2 ]", ["3f8", 2]),
            ("ioports = [ '3f8', 2 ]", ["3f8", "2"]),
        ],
    )
    def test_says_it_already(self, line, value):
        key = line.split(" ")[0]
        made = planned(wish(extra_config={key: value}), FILE + line + "\n")
        assert (made.actions, made.differences) == ([], [])

    @pytest.mark.parametrize(
        "line, value, expected",
        [
            ("videoram = 8", 16, "videoram = 16"),
            ("pool = 'a' # b", "c", "pool = 'c' # b"),
            ("pool = 'a'", None, ""),
            ("# more", "c", '# more\npool = "c"'),
        ],
    )
    def test_changes(self, line, value, expected):
        key = "videoram" if "videoram" in line else "pool"
        made = planned(wish(extra_config={key: value}), FILE + line + "\n")
        assert made.config_after.rstrip("\n") == (FILE + expected).rstrip("\n")
        assert [item.option for item in made.differences] == [key]

    def test_a_key_without_an_option_of_its_own(self):
        made = planned(wish(extra_config={"period": 5, "my_new": ["a", ["b"]]}), FILE + "period = 4\n")
        assert made.config_after == FILE + "period = 5\nmy_new = [\n    'a',\n    [ 'b' ],\n]\n"

    @pytest.mark.parametrize(
        "key, value, option, wanted",
        [
            ("memory", "0x201", "memory", 513),
            ("disk", ["file:/a,xvda,w"], "disks", ["/a,raw,xvda,rw"]),
            ("vif", ["bridge=br1"], "vifs", None),
            ("tsc_mode", 1, "tsc_mode", "always_emulate"),
        ],
    )
    def test_a_key_with_an_option_is_that_option(self, key, value, option, wanted):
        wished = wish(extra_config={key: value})
        assert (list(wished.properties), wished.extra) == ([option], {})
        kind = _options.BY_NAME[option].kind
        assert wanted is None or kind.to_file(wished.properties[option]) == wanted
        assert planned(wished).has("write_config")

    @pytest.mark.parametrize("extra, params", [({"memory": 1}, {"memory": 2}), ({"disk": None}, {"disks": []})])
    def test_not_both(self, extra, params):
        with pytest.raises(BadValue, match="say it once"):
            wish(extra_config=extra, **params)

    def test_the_name_is_no_property(self):
        with pytest.raises(BadValue, match="option name"):
            wish(extra_config={"name": "web"})

    @pytest.mark.parametrize("extra", [{"memory": "much"}, {"disk": "/a,raw,xvda"}, {"nographic": []}])
    def test_what_xl_could_not_use(self, extra):
        with pytest.raises(BadValue):
            wish(extra_config=extra)

    def test_a_type_is_said_once(self):
        with pytest.raises(BadValue, match="one of the two"):
            planned(wish(type="hvm", builder="hvm"))

    @pytest.mark.parametrize("value", [1.5, {"a": "b"}, "a\0b"])
    def test_what_no_file_can_hold(self, value):
        with pytest.raises(BadValue):
            planned(wish(extra_config={"pool": value}))

    def test_secret(self):
        made = planned(wish(extra_config={"spicepasswd": "new"}), FILE + "spicepasswd = 'old'\n")
        shown = str(made.differences)
        assert "new" not in shown
        assert "old" not in shown


class TestRemoval:
    @pytest.mark.parametrize(
        "line, params",
        [
            ("ramdisk = '/r'", {"ramdisk": ""}),
            ("extra = 'quiet'", {"extra": ""}),
            ("disk = [ '/a,raw,xvda,rw' ]", {"disks": []}),
            ("vif = [ 'bridge=br0' ]", {"vifs": []}),
            ("pci = [ '01:00.0' ]", {"pci": []}),
            ("cpus = '0-3'", {"cpus": ""}),
            ("cpus = [ '0', '1' ]", {"cpus": []}),
            ("vncpasswd = 'x'", {"vncpasswd": ""}),
            ("vfb = [ 'vnc=1' ]", {"vfb": []}),
            ("serial = 'pty'", {"serial": ""}),
            ("serial = [ 'pty', 'null' ]", {"serial": []}),
            ("bootloader_args = [ '-q' ]", {"bootloader_args": ""}),
        ],
    )
    def test_by_an_empty_value(self, line, params):
        made = planned(wish(**params), FILE + line + "\n")
        assert made.config_after == FILE
        assert not planned(wish(**params)).changed

    def test_append_removes_nothing(self):
        assert not planned(wish(disks=[], policy="append"), FILE + "disk = [ '/a,raw,xvda,rw' ]\n").changed


class TestBadFiles:
    @pytest.mark.parametrize(
        "line, params, said",
        [
            ("memory = 'much'", {"memory": "64"}, "line 4"),
            ("vif = 'bridge=br0'", {"vifs": []}, "line 4"),
            ("disk = [ 'nonsense' ]", {"disks": []}, "line 4"),
            ("cpus = 'x'", {"cpus": "0"}, "line 4"),
        ],
    )
    def test_a_value_that_xl_could_not_use(self, line, params, said):
        with pytest.raises(XenError) as caught:
            planned(wish(**params), FILE + line + "\n")
        assert said in caught.value.message
        assert caught.value.details["error_id"] == "config_value"

    @pytest.mark.parametrize(
        "line",
        [
            "vncpasswd = [ 'S3CRET' ]",
            "vfb = 'vncpasswd=S3CRET'",
            "vfb = [ 'vncpaswd=S3CRET' ]",
            "vfb = [ [ 'vncpasswd=S3CRET' ] ]",
        ],
    )
    def test_the_message_shows_no_secret(self, line):
        with pytest.raises(XenError) as caught:
            planned(wish(vncpasswd="x", vfb=[]), FILE + line + "\n")
        assert "line 4" in caught.value.message
        assert "S3CRET" not in caught.value.message

    def test_what_the_task_does_not_touch_is_not_judged(self):
        assert planned(wish(memory="64"), FILE + "vif = 'bridge=br0'\n").actions == ["write " + PATH]


def test_a_file_without_a_name_gets_one():
    assert after(wish(memory="512"), "memory = 512\n").get("name") == "web"


def test_secrets_are_not_in_differences():
    made = planned(wish(vncpasswd="new", vfb=[{"vnc": True, "vncpasswd": "newer"}]), FILE + "vncpasswd = 'old'\n")
    assert [item.option for item in made.differences] == ["vfb", "vncpasswd"]
    assert not {"new'", "newer'", "old'"} & set(str(made.differences).split())
    assert "'new'" not in str(made.differences)
    assert "newer" not in str(made.differences)
    assert "'old'" not in str(made.differences)


# Any wish on any file

BRIDGES = st.sampled_from(["br0", "br1"])
DISK = st.builds(
    "{},raw,{},{}".format,
    st.sampled_from(["/a.img", "/dev/vg/b"]),
    st.sampled_from(["xvda", "xvdb", "0x1"]),
    st.sampled_from(["rw", "ro"]),
)
VIF = st.builds("bridge={}{}".format, BRIDGES, st.sampled_from(["", ",mac=" + A, ",mac=" + B.upper()]))
PARAMS = {
    "type": st.sampled_from(["pv", "pvh", "hvm"]),
    "uuid": st.uuids().map(str),
    "kernel": st.sampled_from(["/k", "/k 2", ""]),
    "ramdisk": st.sampled_from(["/r", ""]),
    "extra": st.text("ab=,'\"\\ ", max_size=6),
    "bootloader": st.sampled_from(["pygrub", ""]),
    "bootloader_args": st.one_of(st.just("-q"), st.lists(st.sampled_from(["-q", "--x='y'"]), max_size=2)),
    "firmware": st.sampled_from(["uefi", ""]),
    "memory": st.integers(1, 4096).map(str),
    "maxmem": st.sampled_from(["4096", "4G", "8192M"]),
    "vcpus": st.integers(1, 8),
    "maxvcpus": st.integers(8, 9),
    "cpus": st.sampled_from(["", "0-3", "3,1", ["0", "1-2"], "all"]),
    "disks": st.lists(DISK, max_size=3, unique_by=lambda spec: spec.split(",")[2]),
    "vifs": st.lists(VIF, max_size=3, unique_by=lambda spec: spec.partition("mac=")[2] or object()),
    "pci": st.lists(st.sampled_from(["01:00.0", "0000:02:00.0,permissive=1"]), max_size=2, unique=True),
    "vfb": st.lists(st.fixed_dictionaries({"vnc": st.booleans(), "vncpasswd": st.text("ab'", max_size=3)}), max_size=1),
    "vnc": st.booleans(),
    "vncpasswd": st.text("ab'\"", max_size=4),
    "serial": st.sampled_from(["pty", ["pty", "null"], ""]),
    "on_crash": st.sampled_from(["destroy", "rename-restart", "coredump_restart"]),
    "nographic": st.booleans(),
    "pool": st.sampled_from(["x", ""]),
    "videoram": st.sampled_from(["16", "8M", "0"]),
    "ioports": st.lists(st.sampled_from(["2f8-2FF", "0x3f8"]), max_size=2),
    "viridian": st.one_of(st.booleans(), st.lists(st.sampled_from(["base", "!freq", "defaults"]), max_size=3)),
    "rtc_timeoffset": st.integers(-3600, 3600),
    "p9": st.lists(st.sampled_from(["tag=a,path=/a,security_model=none"]), max_size=1),
    "vnuma": st.lists(st.just({"pnode": 0, "size": "1G", "vcpus": "0-1", "vdistances": 10}), max_size=1),
}
EXTRA = st.dictionaries(
    st.sampled_from(["period", "my_new", "blkdev_start", "a.b"]),
    st.one_of(
        st.none(),
        st.integers(0, 20),
        st.booleans(),
        st.text("a1'#;", max_size=4),
        st.lists(st.sampled_from(["1", 2]), max_size=2),
    ),
)
LINES = st.lists(
    st.sampled_from(
        [
            "# a comment",
            "",
            "kernel='/old'",
            "memory = 0x100 # hexadecimal",
            'memory = "512"; vcpus = 2',
            "maxmem=4096",
            "disk = [ '/a.img,raw,xvda,rw', # one\n  'phy:/dev/vg/b,xvdb,w', ]",
            "disk += [ 'file:/c,xvdc,r' ]",
            "vif=['mac=00:16:3E:00:00:0a, bridge=br0']",
            "vif = [ '', 'bridge=br1' ]",
            "pci = [ '01:00.0' ]",
            "builder = 'hvm'",
            "serial = 'pty'",
            "cpus = '0,1,2'",
            "vfb = [ 'vnc=1' ]",
            "on_crash = 'rename-restart'",
            "my_own = [ 'key', [ 1, 2 ] ]",
            "nographic = '1'",
            "period = 5",
            "my_new = [ 'a1' ]",
            "videoram = 0x10",
            "pool = 'x' ; localtime = 1",
            'vncpasswd = "it\'s"',
        ]
    ),
    max_size=8,
)


@st.composite
def wishes(draw):
    names = draw(st.lists(st.sampled_from(sorted(PARAMS)), min_size=1, max_size=6, unique=True))
    params = {name: draw(PARAMS[name]) for name in names}
    return wish(extra_config=draw(EXTRA), policy=draw(st.sampled_from(["exact", "append"])), **params)


def items(text):
    return _xlcfg.parse(text).as_dict()


@settings(max_examples=150, deadline=None)
@given(wishes(), st.one_of(st.none(), LINES))
def test_a_second_run_finds_nothing_to_do(wished, lines):
    text = None if lines is None else "\n".join(["name = 'web'", *lines]) + "\n"
    if text is None:
        assume(
            "memory" in wished.properties and wished.properties.get("type") == "hvm" or wished.properties.get("kernel")
        )
        assume("memory" in wished.properties)
    first = planned(wished, text)
    second = planned(wished, first.config_after)
    assert (second.actions, second.differences) == ([], [])
    assert second.config_after == first.config_after
    assert first.changed == (first.config_after != text)
    assert bool(first.differences) == first.changed
    asked = {_options.BY_NAME[name].key for name in wished.properties} | set(wished.extra) | {"uuid", "builder"}
    if text is not None:
        before, now = items(text), items(first.config_after)
        for key in set(before) | set(now):
            assert key in asked or before.get(key) == now.get(key)
        assert first.config_after.count("# a comment") == text.count("# a comment")
