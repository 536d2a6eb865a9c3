# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-inventory`: what the inventory plugin costs for 1, 10, 50 and 100 hosts.

The hosts are simulated: a fake ssh waits as a network would, then runs the command here, with an `xl` that prints a
list. So controller and hosts share the CPUs of this machine, and the figures are an upper bound for the controller's.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".cache/collections"), str(ROOT)]
COUNTS = (1, 10, 50, 100)
RUNS = 3
# seconds that a connection takes, as over a wide network
DELAY = 0.5
GUESTS = 10

_SSH = """#!/bin/sh
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
sleep {delay}
host=$2
PATH={folder}/bin:$PATH
export host PATH
exec sh -c "$3"
"""
# its guests have names of their own on each host
_XL = """#!/bin/sh
case "$*" in
    list) cat {folder}/list;;
    "list -l") sed "s/@/$host/g" {folder}/long;;
    info) printf 'xen_major : 4\\nxen_minor : 17\\n';;
esac
"""


def main() -> int:
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {DELAY} s a connection, {GUESTS} guests a host,")
    print(f"medians of {RUNS} runs; controller CPU with all of its children\n")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        make_hosts(folder)
        idle = measure(folder, 0, 25)
        print(f"{'hosts':>6} {'forks':>6} {'seconds':>8} {'CPU s':>7} {'CPU s/host':>11}")
        for forks in (25, 100):
            for count in COUNTS:
                seconds, cpu = measure(folder, count, forks)
                print(f"{count:6d} {forks:6d} {seconds:8.2f} {cpu:7.2f} {(cpu - idle[1]) / count:11.3f}")
        print(f"\nansible-inventory with nobody to ask: {idle[0]:.2f} s, {idle[1]:.2f} s of CPU")
    return 0


def make_hosts(folder: Path) -> None:
    """The fake ssh and the fake toolstack."""
    (folder / "bin").mkdir()
    rows = [f"guest{number:<35} {number:5d}    64     1     -b----       1.0" for number in range(1, GUESTS + 1)]
    head = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
    (folder / "list").write_text(head + "Domain-0    0  512  1  r-----  9.0\n" + "\n".join(rows) + "\n")
    (folder / "long").write_text(json.dumps([_domain(number) for number in range(1, GUESTS + 1)]))
    for path, text in ((folder / "ssh", _SSH), (folder / "bin" / "xl", _XL)):
        path.write_text(text.format(folder=folder, delay=DELAY))
        path.chmod(0o755)


def _domain(number: int) -> dict[str, object]:
    nic = {"mac": f"00:16:3e:00:00:{number:02x}", "bridge": "bridge0", "ip": f"10.0.0.{number}"}
    config = {"c_info": {"type": "pv", "name": f"guest{number}.@"}, "b_info": {"max_vcpus": 1}, "nics": [nic]}
    return {"domid": number, "config": config}


def measure(folder: Path, count: int, forks: int) -> tuple[float, float]:
    """Seconds and CPU seconds of `ansible-inventory --list` with so many dom0s: medians.

    :raises RuntimeError: a guest is missing, so the figures would be of something else.
    """
    source = folder / "fleet.xen_domains.yml"
    dom0s = [f"h[1:{count}]"] if count else []
    options = {"plugin": "netbsd.xen.xen_domains", "dom0s": dom0s, "forks": forks, "ssh_executable": f"{folder}/ssh"}
    source.write_text(json.dumps({**options, "ssh_args": ""}))
    figures = []
    for _run in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(source), "--list"],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections")},
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = len(json.loads(done.stdout)["_meta"]["hostvars"])
        if found != count * GUESTS:
            raise RuntimeError(f"{found} guests found of {count * GUESTS}:\n{done.stderr}")
        figures.append((seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return statistics.median(one[0] for one in figures), statistics.median(one[1] for one in figures)


if __name__ == "__main__":
    sys.exit(main())
