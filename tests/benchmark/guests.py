# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-guests`: what it costs to keep 1, 10 and 50 guests on a real Xen host, beside other ways to do it.

Every row is one contender's; its ratio is to one `ping` and one `xl list -l` in the same play, while its guests run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lab"), str(ROOT)]

import contenders  # noqa: E402 - found beside this file, after the paths above
import libvirt_peer  # noqa: E402
import plays  # noqa: E402
from xenlab import Host, Lab  # noqa: E402

COUNTS = (1, 10, 50)
# From nothing to guests that run and back; and in each of these runs, how often what changes nothing is measured. One
# by one, 50 guests take half an hour on an emulated host.
RUNS = {1: 3, 10: 3, 50: 2}
LOOKS = {1: 3, 10: 3, 50: 3}
ONE_BY_ONE = {1: 3, 10: 1, 50: 1}

# what an earlier run left, that was ended on its way
_DESTROY = "for id in $(xl list | awk '/^bench/ {print $2}'); do xl destroy $id; done"

BASE = "base line: ping, xl list -l"
START, NOTHING, CHANGE, STOP = "define and start", "nothing to do", "change one", "stop"


def main() -> int:
    options = _arguments()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; guests of {contenders.MEMORY} MiB")
    with _host(options.host) as host:
        if "libvirt" in options.only:
            libvirt_peer.fetch_collection()
            libvirt_peer.install(host)
        for count in options.counts:
            print(f"\n{_title(count)}")
            for key in options.only:
                runs = options.runs or (RUNS if key == "list" else ONE_BY_ONE).get(count, 1)
                looks = options.looks or (LOOKS if key == "list" else ONE_BY_ONE).get(count, 1)
                rounds = _rounds(contenders.CONTENDERS[key], count, runs, looks)
                print(_table(contenders.CONTENDERS[key], _costs(host, key, rounds, options.seconds)), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", help="a running instance of the lab, which is left running")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="how many guests")
    parser.add_argument("--only", nargs="+", choices=contenders.CONTENDERS, default=[*contenders.CONTENDERS])
    parser.add_argument("--runs", type=int, help="how often guests are started and stopped")
    parser.add_argument(
        "--seconds", type=float, default=plays.PLAY_SECONDS, help="when to end what one contender does, done or not"
    )
    parser.add_argument("--looks", type=int, help="how often, in each run, what changes nothing is measured")
    return parser.parse_args()


@contextlib.contextmanager
def _host(name: str | None) -> Iterator[Host]:
    """A fresh host of the lab, or one that runs."""
    if name:
        yield Lab().host(name)
        return
    with Lab.instance("guests-bench") as host:
        yield host


def _costs(host: Host, key: str, rounds: list[list[plays.Part]], limit: float) -> dict[str, list[plays.Cost]]:
    pid = next(instance.pid() for instance in Lab().running() if instance.name == host.name)
    if pid is None:
        raise RuntimeError(f"{host.name} has ended")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        contenders.write_files(contenders.CONTENDERS[key], folder)
        return plays.measure(folder, host.inventory(), pid, rounds, limit)


def _rounds(contender: contenders.Contender, count: int, runs: int, looks: int) -> list[list[plays.Part]]:
    """From nothing to guests that run, and back to nothing, so many times.

    :param looks: how often what changes nothing is measured in each.
    """
    names = [f"bench{number:02}" for number in range(count)]
    shell = "ansible.builtin.shell"
    still = [
        (BASE, [{"ansible.builtin.ping": {}}, {"ansible.builtin.command": {"argv": ["xl", "list", "-l"]}}]),
        (NOTHING, contender.keep(names, ())),
    ]
    one = [
        (plays.APART, [{shell: f"{_DESTROY}; {contender.forget}"}]),
        (START, contender.keep(names, ())),
        # the figures would be of something else
        (plays.APART, [{shell: f"test $(xl list | grep -c '^bench') = {len(names)}"}]),
        *still * looks,
        (CHANGE, contender.keep(names, names[:1])),
        (STOP, contender.stop(names)),
        (plays.APART, [{shell: "! xl list | grep '^bench'"}]),
    ]
    return [one] * runs


def _title(count: int) -> str:
    heads = ("runs", "seconds", "x base", "calls", "controller", "host")
    widths = (5, 9, 8, 7, 12, 9)
    return f"{f'{count} guests':40}" + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))


def _table(contender: contenders.Contender, costs: dict[str, list[plays.Cost]]) -> str:
    """Median of each figure; the CPU of controller and host in seconds."""
    lines = [contender.name]
    base = plays.median(costs[BASE]).seconds if BASE in costs else float("nan")
    for label, each in costs.items():
        cost = plays.median(each)
        lines.append(
            f"  {label:38}{len(each):5d}{cost.seconds:9.1f}{cost.seconds / base:8.1f}"
            f"{cost.calls:7.0f}{cost.controller:12.1f}{cost.host:9.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
