# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab host as seen from outside the collection: over ssh, with xl and the guests' consoles. Used by demo.py."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from link_checkout import ROOT

LAB = ROOT / "tests" / "lab" / "lab"
# xl list prints one letter for each flag that is set: running, blocked, paused, shutdown, crashed, dying.
STATES = {"r": "running", "b": "running", "p": "paused", "s": "shutdown", "c": "crashed", "d": "dying"}
# Printed on the console of each guest of the lab when it is up; the second word is the uuid that it has from Xen.
MARKER = "DOMU_READY"

# Where pkgsrc puts the toolstack; a command over ssh does not get it in its PATH.
PATH = "PATH=/usr/pkg/sbin:/usr/pkg/bin:$PATH; export PATH"

# One round trip for everything: three listings, and the last marker on the console of each domain.
LOOK = f"""
{PATH}
xl list; echo ==; xl uptime; echo ==; xl vm-list; echo ==
for log in /var/log/xen/console/guest-*.log; do
    name=${{log##*/guest-}}
    echo "${{name%.log}} $(grep -ao '{MARKER}.*' "$log" | tail -n 1)"
done
"""


@dataclass(frozen=True)
class Guest:
    """One guest as xl shows it. ``memory`` is MiB; ``marker`` is the last one of its console, or empty."""

    name: str
    domid: int
    state: str
    memory: int
    vcpus: int
    uptime: str
    uuid: str
    marker: str

    @property
    def up(self) -> bool:
        """The marker is of this very guest: it names the uuid that Xen gave it."""
        return self.uuid in self.marker.split()


def columns(text: str) -> list[list[str]]:
    """The words of each line below the head."""
    return [line.split() for line in text.strip().splitlines()[1:]]


def parse_guests(text: str) -> dict[str, Guest]:
    """What ``LOOK`` printed, by name, without dom0."""
    listing, uptimes, uuids, consoles = text.split("==\n")
    uptime_of = {row[1]: " ".join(row[2:]) for row in columns(uptimes)}
    uuid_of = {row[1]: row[0] for row in columns(uuids)}
    marker_of = {name: marker for name, _space, marker in (line.partition(" ") for line in consoles.splitlines())}
    guests = {}
    for name, domid, memory, vcpus, flags, _seconds in columns(listing):
        if domid != "0":
            state = next((STATES[flag] for flag in reversed(flags) if flag in STATES), "running")
            guests[name] = Guest(
                name=name,
                domid=int(domid),
                state=state,
                memory=int(memory),
                vcpus=int(vcpus),
                uptime=uptime_of.get(domid, "?"),
                uuid=uuid_of.get(domid, "?"),
                marker=marker_of.get(name, "").strip(),
            )
    return guests


class DemoHost:
    """One instance of the lab."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inventory = ROOT / ".cache" / "lab" / "inventory.yml"

    def lab(self, *words: str) -> int:
        """A command of the lab, with its messages on the terminal."""
        return subprocess.run([str(LAB), *words], check=False, env=environment()).returncode

    def run(self, command: str) -> str:
        """A shell command in dom0; what it printed, whatever its exit code."""
        words = [str(LAB), "ssh", self.name, "--", command]
        done = subprocess.run(
            words, check=False, stdout=subprocess.PIPE, text=True, errors="replace", env=environment()
        )
        return done.stdout

    def xen_version(self) -> str:
        """The hypervisor under the kernel, as the kernel tells it; empty without one."""
        return self.run("sysctl -n machdep.xen.version 2>/dev/null").strip()

    def fingerprint(self) -> str:
        """All that a play could have changed: packages, boot files, settings, devices, interfaces."""
        files = "/boot.cfg /etc/rc.conf /etc/fstab /etc/ifconfig.*"
        return self.run(f"pkg_info; cksum {files}; ls / /dev /etc/rc.d /usr/pkg/etc; ifconfig -l; mount")

    def guests(self) -> dict[str, Guest]:
        """All guests that exist in Xen, by name."""
        return parse_guests(self.run(LOOK))

    def wait_until_up(self, names: Collection[str], timeout: float) -> dict[str, Guest]:
        """The guests, as soon as all that are named have printed their marker, or as they are after ``timeout``."""
        deadline = time.monotonic() + timeout
        while True:
            guests = self.guests()
            if all(name in guests and guests[name].up for name in names) or time.monotonic() > deadline:
                return guests
            time.sleep(1)

    def answers(self, addresses: Collection[str]) -> list[str]:
        """Those of the addresses that answer a ping from dom0."""
        pings = (
            f"/lab/linux/bin/busybox ping -c 1 -W 5 {address} >/dev/null && echo {address}" for address in addresses
        )
        return self.run("; ".join(pings)).split()

    def memory_inside(self, guest: Guest) -> int:
        """MemTotal (KiB) as the guest's own kernel tells it to the shell on its console; 0 if it is silent."""
        log = f"/var/log/xen/console/guest-{guest.name}.log"
        script = f"""
            {PATH}
            tty=$(xenstore-read /local/domain/{guest.domid}/console/tty)
            seen=$(wc -c <{log})
            printf '\\n' >"$tty"; sleep 1
            printf 'grep MemTotal /proc/meminfo\\n' >"$tty"
            for i in 1 2 3 4 5 6 7 8 9 10; do
                sleep 0.5
                if tail -c "+$seen" {log} | grep -a '^MemTotal:.*kB'; then break; fi
            done
        """
        found = re.search(r"MemTotal:\s+(\d+) kB", self.run(script))
        return int(found[1]) if found else 0


def environment(**changes: str) -> Mapping[str, str]:
    """The environment of the commands: the tools of ``.venv`` first, and no state of Ansible in ``$HOME``."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]]),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"),
        "ANSIBLE_STDOUT_CALLBACK": "default",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
        "ANSIBLE_INJECT_FACT_VARS": "False",
        **changes,
    }


def relative(path: Path) -> str:
    """A path as a user in the checkout would type it."""
    return os.path.relpath(path, ROOT)
