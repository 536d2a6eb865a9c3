# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifconfig and brconfig of the face on real Linux bridges, in a user and network namespace of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from face_root import ROOTFS, Face, Result, make

UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")


def namespaces_are_to_be_had() -> bool:
    if not shutil.which("unshare") or not shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin"):
        return False
    probe = "PATH=$PATH:/usr/sbin:/sbin; ip link add bridge0 type bridge && ip link add wm0 type veth peer name x0 "
    probe += "&& mount -t sysfs sysfs /sys"
    return subprocess.run([*UNSHARE, "sh", "-c", probe], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not namespaces_are_to_be_had(), reason="needs iproute2 and a network namespace")

# /sys shows the interfaces of the namespace that mounts it
SETUP = """
mount -t sysfs sysfs "$LAB_ROOT/sys" || exit 99
ip link set lo up
ip link add wm0 type veth peer name lab-peer
ip link add wm1 type veth peer name lab-peer1
# a peer with an IPv6 address speaks, and the bridge learns where it is
ip link set lab-peer addrgenmode none
ip link set lab-peer up
ip addr add 10.0.2.15/24 brd + dev wm0
ip link set wm0 up
ip route add default via 10.0.2.2
"""


class Network:
    """A face whose every script runs in fresh interfaces: wm0 (10.0.2.15, default route) and wm1."""

    def __init__(self, face: Face) -> None:
        self.face = face

    def run(self, script: str) -> Result:
        for name in ("ifconfig", "brconfig", "route"):
            self.face.tool(name, f'exec sh {ROOTFS}/usr/sbin/{name} "$@"')
        shutil.rmtree(self.face.root / "run/lab/bridge", ignore_errors=True)
        # the commands see themselves by the name that they have on the host
        return self.face.script(SETUP + script, wrap=UNSHARE)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    yield Network(make(tmp_path))


@pytest.fixture
def old_network(tmp_path: Path) -> Iterator[Network]:
    yield Network(make(tmp_path, "7.0"))


def test_ifconfig_lists_hardware_then_loopback_then_clones(network: Network) -> None:
    names = network.run("ifconfig bridge0 create; ifconfig -l").stdout.split()
    assert sorted(names[:2]) == ["wm0", "wm1"]
    assert names[2:] == ["lo0", "bridge0"]


def test_ifconfig_shows_an_interface_as_this_release_does(network: Network) -> None:
    lines = network.run("ifconfig wm0").stdout.splitlines()
    assert lines[0] == "wm0: flags=0x8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500"
    assert "\tstatus: active" in lines
    assert "\tinet 10.0.2.15/24 broadcast 10.0.2.255 flags 0" in lines


def test_ifconfig_shows_a_netmask_on_old_releases(old_network: Network) -> None:
    assert "\tinet 10.0.2.15 netmask 0xffffff00 broadcast 10.0.2.255\n" in old_network.run("ifconfig wm0").stdout


def test_ifconfig_of_nothing(network: Network) -> None:
    result = network.run("ifconfig foo0")
    assert (result.rc, result.stderr) == (1, "ifconfig: SIOCGIFFLAGS foo0: Device not configured\n")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("ifconfig bridge0 create; ifconfig bridge0 create", "File exists"),
        ("ifconfig bridge0 destroy", "Device not configured"),
        ("ifconfig wm0 destroy", "Invalid argument"),
        ("ifconfig xenbr0 create", "Invalid argument"),
    ],
)
def test_what_cannot_be_cloned_is_refused(network: Network, script: str, reason: str) -> None:
    result = network.run(script)
    assert result.rc == 1
    assert result.stderr == f"ifconfig: clone_command: {reason}\nifconfig: exec_matches: {reason}\n"


def test_a_bridge_with_a_member(network: Network) -> None:
    result = network.run("ifconfig bridge0 create && brconfig bridge0 add wm0 stp wm0 up && brconfig bridge0")
    assert (result.rc, result.stderr) == (0, "")
    assert result.stdout == (
        "bridge0: flags=41<UP,RUNNING>\n"
        "\tConfiguration:\n"
        "\t\tpriority 32768 hellotime 2 fwddelay 15 maxage 20\n"
        "\t\tipfilter disabled flags 0x0\n"
        "\tInterfaces:\n"
        "\t\twm0 flags=7<LEARNING,DISCOVER,STP>\n"
        "\t\t\tport 1 priority 128 path cost 55 forwarding\n"
        "\tAddress cache (max cache: 100, timeout: 1200):\n"
    )


BRIDGE = "ifconfig bridge0 create; brconfig bridge0 add wm0 up; "


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("brconfig bridge9 up", "unable to get interface flags: Device not configured"),
        ("brconfig wm0", "wm0 is not a bridge"),
        (BRIDGE + "brconfig bridge0 add wm0", "add wm0: File exists"),
        (BRIDGE + "ifconfig bridge1 create; brconfig bridge1 add wm0", "add wm0: Device busy"),
        (BRIDGE + "brconfig bridge0 add foo0", "add foo0: No such file or directory"),
        (BRIDGE + "brconfig bridge0 add lo0", "add lo0: Invalid argument"),
        (BRIDGE + "brconfig bridge0 delete wm1", "delete wm1: No such file or directory"),
        (BRIDGE + "brconfig bridge0 add", "command add requires 1 argument"),
        (BRIDGE + "brconfig bridge0 ifpriority wm0", "command ifpriority requires 2 arguments"),
        (BRIDGE + "brconfig bridge0 colour", "unknown command: colour"),
    ],
)
def test_what_brconfig_refuses(network: Network, script: str, message: str) -> None:
    result = network.run(script)
    assert (result.rc, result.stderr.splitlines()[-1]) == (1, f"brconfig: {message}")


def test_a_member_of_another_mtu_is_refused_by_old_kernels(old_network: Network) -> None:
    result = old_network.run("ifconfig wm1 mtu 1400; ifconfig bridge0 create; brconfig bridge0 add wm1")
    assert (result.rc, result.stderr.splitlines()[-1]) == (1, "brconfig: add wm1: Invalid argument")


def test_a_member_of_another_mtu_is_changed_by_new_kernels(network: Network) -> None:
    result = network.run("ifconfig wm1 mtu 1400; ifconfig bridge0 create; brconfig bridge0 add wm1; ifconfig wm1")
    assert result.rc == 0
    assert result.stdout.splitlines()[0].endswith(" mtu 1500")


def test_a_member_keeps_its_address_and_the_host_its_route(network: Network) -> None:
    lines = network.run(BRIDGE + "ifconfig wm0; ifconfig bridge0; route -n get default").stdout
    assert "wm0: flags=0x8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500" in lines
    assert lines.count("inet 10.0.2.15/24") == 1
    assert lines.index("inet 10.0.2.15/24") < lines.index("bridge0: flags")
    assert "    gateway: 10.0.2.2\n  interface: wm0\n" in lines


@pytest.mark.parametrize("undo", ["brconfig bridge0 delete wm0", "ifconfig bridge0 destroy", "brconfig bridge0 down"])
def test_the_address_survives_the_bridge(network: Network, undo: str) -> None:
    lines = network.run(f"{BRIDGE}{undo}; ifconfig wm0; route -n get default").stdout
    assert "\tinet 10.0.2.15/24 broadcast 10.0.2.255" in lines
    assert "    gateway: 10.0.2.2\n" in lines


def test_an_address_without_alias_takes_the_place_of_the_first(network: Network) -> None:
    shown = network.run(
        "ifconfig wm0 inet 10.9.9.1 netmask 0xffff0000; ifconfig wm0 10.8.8.1/24 alias; ifconfig wm0"
    ).stdout
    assert "inet 10.9.9.1/16" in shown
    assert "inet 10.8.8.1/24" in shown
    assert "10.0.2.15" not in shown


def test_removing_an_address_that_is_not_there(network: Network) -> None:
    result = network.run("ifconfig wm0 inet 1.2.3.4 -alias")
    assert (result.rc, result.stderr) == (1, "ifconfig: SIOCDIFADDR: Can't assign requested address\n")
