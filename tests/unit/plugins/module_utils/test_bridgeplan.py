# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bridge is planned from plain data: what is done, what is refused, and what would cut the branch one sits on."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgelink, _bridgeplan
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import Bridge, Member
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgelink import Link
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Boot, Seen, Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Address, Interface

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

FILE = "create\n!brconfig $int add wm0 up\nup\n"
SSH = {"SSH_CONNECTION": "10.0.2.2 40000 10.0.2.15 22"}


def interface(name, mtu=1500, up=True, addresses=(), flags=(), parent=None):
    words = (*(["UP"] if up else []), "BROADCAST", *flags)
    ether = None if name.startswith(("bridge", "lo")) else "52:54:00:00:00:01"
    found = tuple(Address("inet6" if ":" in each else "inet", each, 24) for each in addresses)
    return Interface(name, words, mtu, ether, None, found, parent)


def bridge(name, *members, up=True, stp=()):
    ports = tuple(Member(each, ("LEARNING", "DISCOVER", *(["STP"] if each in stp else []))) for each in members)
    return Bridge(name, ("UP", "RUNNING") if up else (), ports, {}, 100, 1200)


WM0 = interface("wm0", addresses=["10.0.2.15", "fe80::1"])
WM1 = interface("wm1")
LO0 = interface("lo0", 33624, addresses=["127.0.0.1"], flags=["LOOPBACK"])


def host(*more, bridges=(), text=None, environment=None, mtu=1500, **options):
    interfaces = {each.name: each for each in (WM0, WM1, LO0, *more)}
    found = {each.name: each for each in bridges}
    interfaces.update({name: interface(name, mtu, each.up) for name, each in found.items()})
    link = _bridgelink.find(SSH if environment is None else environment, interfaces, found)
    return Seen(interfaces, found, text, link=link, **options)


def steps(wanted, seen):
    return _bridgeplan.plan(wanted, seen).host.actions


def test_a_new_bridge():
    plan = _bridgeplan.plan(Wanted("bridge0", members=("wm0",)), host())
    assert plan.host.actions == [
        "write /etc/ifconfig.bridge0",
        "/sbin/ifconfig bridge0 create",
        "/sbin/brconfig bridge0 add wm0",
        "/sbin/ifconfig bridge0 up",
    ]
    assert plan.host.diff()[0]["after"] == FILE
    assert plan.host.diff()[1]["after"] == "bridge0: up\nmtu: 1500\nmembers: wm0\nstp: none\n"
    assert plan.risks == ()
    assert plan.undo == (
        ("/sbin/ifconfig", "bridge0", "down"),
        ("/sbin/brconfig", "bridge0", "delete", "wm0"),
        ("/sbin/ifconfig", "bridge0", "destroy"),
    )


def test_nothing_to_do():
    seen = host(bridges=[bridge("bridge0", "xvif1i0", "wm0")], text=FILE)
    plan = _bridgeplan.plan(Wanted("bridge0", members=("wm0",)), seen)
    assert not plan.host.changed
    assert plan.host.diff() == []


@pytest.mark.parametrize(
    "persistent, live, expected",
    [
        (True, False, ["write /etc/ifconfig.bridge0"]),
        (False, True, ["/sbin/ifconfig bridge0 create", "/sbin/ifconfig bridge0 up"]),
    ],
)
def test_one_of_the_two(persistent, live, expected):
    assert steps(Wanted("bridge0", members=(), persistent=persistent, live=live), host()) == expected


def test_a_task_without_members_makes_file_and_bridge_agree():
    assert steps(Wanted("bridge0"), host(text=FILE)) == [
        "/sbin/ifconfig bridge0 create",
        "/sbin/brconfig bridge0 add wm0",
        "/sbin/ifconfig bridge0 up",
    ]
    plan = _bridgeplan.plan(Wanted("bridge0"), host(bridges=[bridge("bridge0", "xvif1i0", "wm0")]))
    assert plan.host.actions == ["write /etc/ifconfig.bridge0"]
    assert plan.file.after == FILE


def test_exact_and_append():
    seen = host(bridges=[bridge("bridge0", "xvif1i0", "wm1")], text="create\n!brconfig $int add wm1 up\nup\n")
    assert steps(Wanted("bridge0", members=("wm0",)), seen) == [
        "edit /etc/ifconfig.bridge0",
        "/sbin/brconfig bridge0 delete wm1",
        "/sbin/brconfig bridge0 add wm0",
    ]
    appended = _bridgeplan.plan(Wanted("bridge0", members=("wm0",), exact=False), seen)
    assert appended.host.actions == ["edit /etc/ifconfig.bridge0", "/sbin/brconfig bridge0 add wm0"]
    assert appended.host.after[2] == "members: wm0, wm1, xvif1i0"


def test_a_member_that_is_down_is_brought_up_now_and_at_boot():
    down = interface("wm2", up=False)
    plan = _bridgeplan.plan(Wanted("bridge0", members=("wm2",)), host(down))
    assert "/sbin/ifconfig wm2 up" in plan.host.actions
    assert "!ifconfig wm2 up\n" in plan.file.after
    configured = host(down, configured=frozenset(["wm2"]))
    assert "!ifconfig" not in _bridgeplan.plan(Wanted("bridge0", members=("wm2",)), configured).file.after


def test_mtu_goes_to_all_before_members_are_added():
    plan = _bridgeplan.plan(Wanted("bridge0", members=("wm1",), mtu=9000), host())
    assert plan.host.actions[1:] == [
        "/sbin/ifconfig bridge0 create",
        "/sbin/ifconfig wm1 mtu 9000",
        "/sbin/ifconfig bridge0 mtu 9000",
        "/sbin/brconfig bridge0 add wm1",
        "/sbin/ifconfig bridge0 up",
    ]
    assert plan.file.after == "create\nmtu 9000\n!ifconfig wm1 mtu 9000\n!brconfig $int add wm1 up\nup\n"
    assert plan.risks == ()


def test_a_new_bridge_takes_the_mtu_of_its_members():
    jumbo = interface("wm2", 9000)
    plan = _bridgeplan.plan(Wanted("bridge0", members=("wm2",)), host(jumbo))
    assert "/sbin/ifconfig bridge0 mtu 9000" in plan.host.actions
    assert plan.file.after == "create\nmtu 9000\n!brconfig $int add wm2 up\nup\n"
    done = host(jumbo, bridges=[bridge("bridge0", "wm2")], text=plan.file.after, mtu=9000)
    assert steps(Wanted("bridge0", members=("wm2",)), done) == []


def test_stp():
    seen = host(bridges=[bridge("bridge0", "xvif1i0", "wm0", "wm1", stp=["wm1"])], text=FILE)
    assert steps(Wanted("bridge0", members=("wm0", "wm1"), stp=True), seen)[1:] == ["/sbin/brconfig bridge0 stp wm0"]
    assert steps(Wanted("bridge0", members=("wm0", "wm1"), stp=False), seen)[1:] == ["/sbin/brconfig bridge0 -stp wm1"]


def test_absent():
    seen = host(bridges=[bridge("bridge0", "wm1", up=True, stp=["wm1"])], text=FILE, mtu=9000)
    plan = _bridgeplan.plan(Wanted("bridge0", present=False), seen)
    assert plan.host.actions == ["remove /etc/ifconfig.bridge0", "/sbin/ifconfig bridge0 destroy"]
    assert [" ".join(command[1:]) for command in plan.undo] == [
        "bridge0 create",
        "bridge0 mtu 9000",
        "bridge0 add wm1 stp wm1",
        "bridge0 up",
    ]
    assert steps(Wanted("bridge0", present=False), host()) == []


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (Wanted("bridge0", present=False), ["/sbin/ifconfig bridge0 destroy"]),
        (Wanted("bridge0", members=()), ["/sbin/brconfig bridge0 delete wm0"]),
        (Wanted("bridge0", members=("wm0",), up=False), ["/sbin/ifconfig bridge0 down"]),
        (
            Wanted("bridge0", members=("wm0",), mtu=1400),
            ["/sbin/ifconfig wm0 mtu 1400", "/sbin/ifconfig bridge0 mtu 1400"],
        ),
        (Wanted("bridge0", members=("wm0", "wm1")), []),
        (Wanted("bridge0", members=("wm0",), stp=True), []),
        (Wanted("bridge0", present=False, live=False), []),
    ],
)
@pytest.mark.parametrize("environment", [SSH, {}], ids=["ssh", "unknown"])
def test_what_can_cut_the_connection(wanted, expected, environment):
    seen = host(bridges=[bridge("bridge0", "wm0")], text=FILE, environment=environment)
    assert [risk.strip("`") for risk in _bridgeplan.plan(wanted, seen).risks] == expected


def test_what_happens_beside_the_connection_is_no_risk():
    seen = host(bridges=[bridge("bridge1", "wm1")])
    for wanted in (Wanted("bridge1", present=False), Wanted("bridge1", members=("wm1",), mtu=9000)):
        assert _bridgeplan.plan(wanted, seen).risks == ()


@pytest.mark.parametrize(
    "wanted, seen, error_id, words",
    [
        (Wanted("xenbr0"), host(), "bad_value", "bridge0"),
        (Wanted("bridge0", persistent=False, live=False), host(), "bad_value", "nothing to do"),
        (Wanted("bridge0", mtu=10), host(), "bad_value", "576"),
        (Wanted("bridge0", members=("wm0", "wm0")), host(), "bad_value", "twice"),
        (Wanted("bridge0", members=("wm7",)), host(), "no_such_interface", "wm0, wm1"),
        (Wanted("bridge0", members=("lo0",)), host(), "bad_value", "Ethernet"),
        (Wanted("bridge0", members=("bridge1",)), host(bridges=[bridge("bridge1")]), "bad_value", "Ethernet"),
        (
            Wanted("bridge0", members=("wm1",)),
            host(bridges=[bridge("bridge1", "wm1")]),
            "member_elsewhere",
            "brconfig bridge1 delete wm1",
        ),
        (
            Wanted("bridge0", members=("wm0",)),
            host(others={"bridge1": FILE}),
            "member_elsewhere",
            "/etc/ifconfig.bridge1",
        ),
        (Wanted("bridge0"), host(boot=Boot("create")), "rc_conf_in_the_way", "ifconfig_bridge0"),
        (
            Wanted("bridge0", members=("wm0", "wm2")),
            host(interface("wm2", 9000)),
            "mtu_differs",
            "wm0 1500, wm2 9000",
        ),
        (
            Wanted("bridge0", members=("wm2",)),
            host(interface("wm2", 9000), bridges=[bridge("bridge0")]),
            "mtu_differs",
            "bridge0 1500, wm2 9000",
        ),
    ],
)
def test_refusals(wanted, seen, error_id, words):
    with pytest.raises((BadValue, ConflictError)) as caught:
        _bridgeplan.plan(wanted, seen)
    assert caught.value.details["error_id"] == error_id
    assert words in caught.value.message


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("bridge1", present=False),
        Wanted("bridge1", members=(), up=False),
        Wanted("bridge1", members=(), mtu=9000),
    ],
)
def test_guests_keep_their_network(wanted):
    seen = host(interface("xvif3i0"), bridges=[bridge("bridge1", "xvif3i0")], text=FILE)
    with pytest.raises(ConflictError, match="xvif3i0") as caught:
        _bridgeplan.plan(wanted, seen)
    assert caught.value.details["error_id"] == "guests_in_the_way"
    assert _bridgeplan.plan(wanted._replace(force=True), seen).host.changed
    assert _bridgeplan.plan(wanted._replace(live=False), seen).host.actions


def test_a_forced_mtu_goes_to_the_guests_too():
    seen = host(interface("xvif3i0"), bridges=[bridge("bridge1", "xvif3i0")])
    plan = _bridgeplan.plan(Wanted("bridge1", members=(), mtu=9000, force=True), seen)
    assert "/sbin/ifconfig xvif3i0 mtu 9000" in plan.host.actions
    assert "xvif" not in plan.file.after


def test_an_interface_of_the_next_boot_is_enough_for_the_file():
    seen = host(configured=frozenset(["vlan5"]))
    assert steps(Wanted("bridge0", members=("vlan5",), live=False), seen) == ["write /etc/ifconfig.bridge0"]
    with pytest.raises(BadValue):
        _bridgeplan.plan(Wanted("bridge0", members=("vlan5",)), seen)


def test_warnings():
    seen = host(text="create\n!add wm0 up\n", boot=Boot(None, False), strays=("/etc/ifconfig.bridge0.old",))
    told = " ".join(_bridgeplan.plan(Wanted("bridge0", members=("wm0", "wm1")), seen).host.warnings)
    for words in ("!add wm0 up", "net_interfaces", "/etc/ifconfig.bridge0.old", "loop"):
        assert words in told
    quiet = host(bridges=[bridge("bridge0", "wm0", "wm1")], text=FILE + "!brconfig $int add wm1\n")
    assert _bridgeplan.plan(Wanted("bridge0", members=("wm0", "wm1")), quiet).host.warnings == ()


def link(environment, *interfaces, bridges=()):
    return _bridgelink.find(
        environment, {each.name: each for each in interfaces}, {each.name: each for each in bridges}
    )


def test_the_link_of_the_connection():
    assert link(SSH, WM0, WM1, LO0).interfaces == {"wm0"}
    assert link({}, WM0, WM1, LO0).interfaces == {"wm0"}
    assert link({"SSH_CONNECTION": "UNKNOWN 65535 UNKNOWN 65535"}, WM0, WM1).interfaces == {"wm0"}
    assert link({"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}, WM0, LO0).interfaces == frozenset()
    assert link({"SSH_CONNECTION": "fe80::2%wm0 1 fe80::1%wm0 22"}, WM0, WM1).interfaces == {"wm0"}


def test_the_link_goes_down_to_the_card_and_through_bridges():
    vlan = interface("vlan3", addresses=["10.3.0.1"], parent="wm1")
    ssh = {"SSH_CONNECTION": "10.3.0.2 1 10.3.0.1 22"}
    assert link(ssh, WM0, WM1, vlan).interfaces == {"vlan3", "wm1"}
    tap = interface("tap9", addresses=["10.3.0.1"])
    found = link(ssh, WM0, WM1, tap, bridges=[bridge("bridge0", "wm1", "tap9")])
    assert found.interfaces == {"tap9", "wm1", "bridge0"}
    aggregate = interface("agr0", addresses=["10.3.0.1"])
    assert {"wm0", "wm1"} <= link(ssh, WM0, WM1, aggregate).interfaces


MEMBERS = st.lists(st.sampled_from(["wm0", "wm1", "wm2"]), unique=True)


@hypothesis.given(
    MEMBERS,
    st.one_of(st.none(), st.builds(bridge, st.just("bridge0"), st.just("xvif1i0"), st.sampled_from(["wm0", "wm1"]))),
    st.sampled_from([None, FILE, "create\nup\n", "# only a comment"]),
    st.sampled_from([None, 1400]),
    st.sampled_from([None, True, False]),
    st.booleans(),
)
def test_what_is_planned_leaves_nothing_to_plan(members, live, text, mtu, stp, exact):
    """Carry the plan out on the data and plan again."""
    wanted = Wanted("bridge0", members=tuple(members), exact=exact, mtu=mtu, stp=stp, force=True)
    guests = [interface("wm2"), interface("xvif1i0")]
    seen = host(*guests, bridges=[live] if live else [], text=text)
    plan = _bridgeplan.plan(wanted, seen)
    assert not _bridgeplan.plan(wanted, carried_out(plan, seen)).host.changed


@hypothesis.given(MEMBERS, st.sampled_from([None, 1400]), st.sampled_from([None, True]), st.booleans())
def test_undo_brings_the_live_network_back(members, mtu, stp, present):
    seen = host(interface("wm2"), bridges=[bridge("bridge0", "wm1", stp=["wm1"])], text=FILE)
    wanted = Wanted("bridge0", present, tuple(members), True, mtu, stp)
    plan = _bridgeplan.plan(wanted, seen)
    after = run_all(seen, [step.command for step in plan.host.steps if step.command])
    back = run_all(after, plan.undo)
    assert facts_of(back) == facts_of(seen)


def carried_out(plan, seen):
    after = run_all(seen, [step.command for step in plan.host.steps if step.command])
    return after._replace(text=plan.file.after)


def facts_of(seen):
    live = {
        name: (each.up, sorted((member.name, member.stp) for member in each.members))
        for name, each in seen.bridges.items()
    }
    return live, {name: each.mtu for name, each in seen.interfaces.items()}


def run_all(seen, commands):
    """ifconfig and brconfig on plain data, as strict as the kernel."""
    interfaces, bridges = dict(seen.interfaces), dict(seen.bridges)
    for program, name, *words in commands:
        if words == ["create"]:
            assert name not in interfaces
            interfaces[name], bridges[name] = interface(name, up=False), bridge(name, up=False)
        elif words == ["destroy"]:
            del interfaces[name], bridges[name]
        elif words[0] == "mtu":
            interfaces[name] = interfaces[name]._replace(mtu=int(words[1]))
        elif program.endswith("ifconfig"):
            flags = ("UP",) if words == ["up"] else ()
            interfaces[name] = interfaces[name]._replace(flags=flags)
            if name in bridges:
                bridges[name] = bridges[name]._replace(flags=flags)
        else:
            while words:
                ports = {member.name: member for member in bridges[name].members}
                word, member, *words = words
                if word == "add":
                    assert member not in ports
                    assert interfaces[member].mtu == interfaces[name].mtu
                    ports = {member: Member(member, ("LEARNING", "DISCOVER")), **ports}
                elif word == "delete":
                    del ports[member]
                else:
                    flags = ("STP",) if word == "stp" else ()
                    ports[member] = ports[member]._replace(flags=flags)
                bridges[name] = bridges[name]._replace(members=tuple(ports.values()))
    return seen._replace(interfaces=interfaces, bridges=bridges, link=Link(frozenset(), ""))
