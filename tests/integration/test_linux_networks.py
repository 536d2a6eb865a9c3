# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network files of Linux guests, read by the programs that they are for: systemd-networkd and ifupdown.

Each brings up an interface in a network namespace of its own on the machine that runs the test, which needs root, and
the programs (packages systemd, ifupdown); what is missing is skipped. Busybox' way is that of the guests of the lab.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from link_checkout import link_checkout  # noqa: E402 - found in tools, after the path above

sys.path.insert(0, str(link_checkout()))
UTILS = "ansible_collections.netbsd.xen.plugins.module_utils"
linux_network = importlib.import_module(f"{UTILS}.linux_guest._linux_network")

PLACES = ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
NETWORKD = next((place for place in PLACES if Path(place).exists()), None)
V4 = {"address": "10.0.0.5/24", "gateway": "10.0.0.1", "nameservers": ["10.0.0.2"], "search": "example.org"}
V6 = {"address": "2001:db8::5/64", "gateway": "2001:db8::1"}
# an interface as a guest has one, and its other end; sysfs is read-only as in a container, or networkd waits for udev
PREPARE = """mount -t tmpfs tmpfs /run; mount -t sysfs -o ro sysfs /sys
ip link set lo up; ip link add eth0 type veth peer name other; ip link set other up
"""
SHOW = "ip -j addr show dev eth0; ip -j route; ip -j -6 route"

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and iproute2")


def alone(script: str) -> str:
    """What a script says that runs in network and mount namespaces of its own."""
    words = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-ec", PREPARE + script]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def require_up(said: str, given: dict[str, Any]) -> None:
    """The three lines of SHOW have the address and the default route that were asked for."""
    link, *routes = (json.loads(line) for line in said.splitlines()[:3])
    addresses = [f"{each['local']}/{each['prefixlen']}" for each in link[0]["addr_info"]]
    assert given["address"] in addresses, said
    gateways = [each.get("gateway") for table in routes for each in table if each["dst"] == "default"]
    assert gateways == [given["gateway"]], said


@pytest.mark.skipif(NETWORKD is None, reason="there is no systemd-networkd here")
@pytest.mark.parametrize("given", [V4, V6], ids=["IPv4", "IPv6"])
def test_networkd(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "10-eth0.network").write_text(linux_network.unit(linux_network.network_of(given)))
    said = alone(
        f"mkdir -p /run/systemd/network; cp {tmp_path}/10-eth0.network /run/systemd/network/\n"
        f"SYSTEMD_LOG_TARGET=console {NETWORKD} >{tmp_path}/log 2>&1 & pid=$!\n"
        "tries=0; until ip route | grep -q default || ip -6 route | grep -q default; do\n"
        "    sleep 0.2; tries=$((tries + 1)); [ $tries -lt 100 ] || break; done\n"
        f"{SHOW}; grep -hE '^(DNS|DOMAINS)=' /run/systemd/netif/links/* | sort -u; kill $pid"
    )
    require_up(said, given)
    if "nameservers" in given:
        assert "DNS=10.0.0.2" in said.splitlines() and "DOMAINS=example.org" in said.splitlines()
    log = (tmp_path / "log").read_text()
    assert "Unknown" not in log and "Failed to parse" not in log, log


@pytest.mark.skipif(NETWORKD is None, reason="there is no systemd-networkd here")
def test_networkd_asks_for_an_address(tmp_path: Path) -> None:
    (tmp_path / "10-eth0.network").write_text(linux_network.unit(linux_network.network_of({"dhcp": True})))
    said = alone(
        f"mkdir -p /run/systemd/network; cp {tmp_path}/10-eth0.network /run/systemd/network/\n"
        f"SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console {NETWORKD} >{tmp_path}/log 2>&1 & pid=$!\n"
        f"tries=0; until grep -q 'DHCPv4 client: .*DISCOVER' {tmp_path}/log; do\n"
        "    sleep 0.2; tries=$((tries + 1)); [ $tries -lt 100 ] || break; done\n"
        f"kill $pid; grep -c 'DHCPv4 client: .*DISCOVER' {tmp_path}/log"
    )
    assert int(said) >= 1


@pytest.mark.skipif(not shutil.which("ifup"), reason="there is no ifupdown here")
def test_ifupdown(tmp_path: Path) -> None:
    file = tmp_path / "interfaces"
    file.write_text(linux_network.interfaces(linux_network.network_of(V4)))
    require_up(alone(f"ifup --no-scripts --interfaces={file} --state-dir=/run eth0 >&2; {SHOW}"), V4)


@pytest.mark.skipif(not shutil.which("ifquery"), reason="there is no ifupdown here")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (V4, ["address: 10.0.0.5", "netmask: 255.255.255.0", "gateway: 10.0.0.1"]),
        (V6, ["address: 2001:db8::5", "netmask: 64", "gateway: 2001:db8::1"]),
        ({"dhcp": True}, []),
    ],
    ids=["IPv4", "IPv6", "DHCP"],
)
def test_ifupdown_reads_it(given: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    file = tmp_path / "interfaces"
    file.write_text(linux_network.interfaces(linux_network.network_of(given)))
    ask = ["ifquery", f"--interfaces={file}"]
    assert subprocess.run([*ask, "--list"], capture_output=True, text=True, check=True).stdout.split() == ["lo", "eth0"]
    known = subprocess.run([*ask, "eth0"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert known[: len(expected)] == expected
