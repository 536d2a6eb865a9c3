# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of the lab whose xl can be told to kill its caller or to hang, at a call that is counted and not timed.

What is on the host is looked at with its own tools, in one command: config files, save files, disks, domains, what lies
about.
"""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from faults.figures import DataLost
from onlab import LabHost

FOLDER = "/root/faults"
# A task that must end by a timeout of so many seconds may take this much longer on a busy machine.
SLACK = 90.0
# In place of xl. What is armed is "MODE COMMAND N": at the N-th call of this command (xl COMMAND).
WRAPPER = r"""#!/bin/sh
real=/root/faults/xl
[ -e /root/faults/armed ] || exec $real "$@"
read -r mode command number </root/faults/armed
for word; do case $word in -*) ;; *) break ;; esac; done
case "$word $*" in *list* | info* | uptime* | *" -N create"*) ;; *) echo "$word" >>/root/faults/calls ;; esac
case " $*" in *" -N "*) exec $real "$@" ;; esac
[ "$word" = "$command" ] || exec $real "$@"
echo "$word" >>/root/faults/same
[ "$(wc -l </root/faults/same)" -eq "$number" ] || exec $real "$@"
case $mode in
before) rm /root/faults/armed; kill -9 $PPID ;;
during) rm /root/faults/armed; sleep 0.3; kill -9 $PPID; exec $real "$@" ;;
after) $real "$@"; rm /root/faults/armed; kill -9 $PPID ;;
hang) rm /root/faults/armed; echo $$ >/root/faults/hanging; exec sleep 3600 ;;
slow) rm /root/faults/armed; echo $PPID >/root/faults/waiting; sleep 5; exec $real "$@" ;;
esac
"""
# Config and save files with their content, disks with theirs, what has a name that only a killed task leaves.
LOOK_AT_FILES = r"""
cd /
find etc/xen var/lib/xen/save srv/faults -type f ! -path '*/scripts/*' -printf '%p %m ' -exec sha256sum {} \; |
  awk '{print "file", $1, $2, $3}'
for volume in $(ls /dev/vg0 | grep -v '^lv[01]$'); do echo file dev/vg0/$volume - $(sha256sum </dev/vg0/$volume); done
ls -d tmp/netbsd-xen* 2>/dev/null | sed 's/^/file /;s/$/ - -/'
""".strip()
LOOK_AT_DOMAINS = """/root/faults/xl list | awk 'NR > 2 {print "domain", $1, $4, $5}'"""
CLEAR = f"""
rm -f {FOLDER}/armed
for id in $(xl list | awk 'NR > 2 {{print $2}}'); do xl destroy $id || true; done
rm -rf /etc/xen/*.cfg /etc/xen/.*.cfg.* /etc/xen/.*.clone /srv/faults/* /srv/faults/.[a-z]*
rm -f /var/lib/xen/save/* /tmp/netbsd-xen.*
"""
# The places in which files of guests are, relative to the root.
_PLACES = "etc/xen/*.cfg srv/faults/* var/lib/xen/save/*"
KEEP = f"""
cd / && rm -rf {FOLDER}/kept {FOLDER}/guests && mkdir {FOLDER}/kept
for path in {_PLACES}; do [ ! -e $path ] || cp -a --parents $path {FOLDER}/kept; done
xl list | awk 'NR > 2 {{print $1}}' >{FOLDER}/guests
"""
PUT_BACK = f"""
cp -a {FOLDER}/kept/. /
while read -r guest; do xl create -q /etc/xen/$guest.cfg </dev/null || exit 1; done <{FOLDER}/guests
"""
# What a killed task may leave beside the files: hidden, or with the mark of a thing that is not complete.
_UNFINISHED = (".partial", ".restoring", ".clone", ".removing/", "netbsd-xen.")


NANO: dict[str, Any] = {
    "state": "running", "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "timeout": 60, "settle": 0,
}  # fmt: skip


def guest(name: str, **more: Any) -> dict[str, Any]:
    """A guest of 4 MiB with a disk of its own, that has content."""
    disks = [{"target": f"/srv/faults/{name}.img", "vdev": "xvda"}]
    return {**NANO, "name": name, "disks": disks, **more}


class Seen(NamedTuple):
    """What a look at the host has found.

    :param files: mode and checksum by path; without the checksum where two runs make no two equal files.
    :param domains: vcpus by name, or what is odd about the state of the domain.
    """

    files: dict[str, str]
    domains: dict[str, str]


class FaultyHost:
    """:param lab: a host that is thrown away afterwards."""

    def __init__(self, lab: LabHost) -> None:
        self.lab = lab
        lab.sh(f"mkdir -p {FOLDER} /srv/faults && ln -sf /usr/lib/xen-*/bin/xl {FOLDER}/xl && rm /usr/sbin/xl")
        lab.host.run(["sh", "-c", "cat >/usr/sbin/xl && chmod 755 /usr/sbin/xl"], stdin=WRAPPER)
        lab.sh(f"test -x {FOLDER}/xl && xl list >/dev/null")

    def arm(self, mode: str, command: str = "", number: int = 1) -> None:
        """
        :param mode: ``before``, ``during``, ``after`` (kill the caller), ``hang``, ``slow``, ``count`` (only note).
        """
        self.lab.sh(_arm(mode, command, number))

    def disarm(self) -> list[str]:
        """What has changed anything since ``arm``: the commands of xl."""
        return self.lab.sh(f"rm -f {FOLDER}/armed; cat {FOLDER}/calls 2>/dev/null || true").split()

    def look(self) -> Seen:
        """Everything that a task of these tests may change."""
        lines = self.lab.sh(f"{LOOK_AT_FILES}\n{LOOK_AT_DOMAINS}").splitlines()
        domains = {}
        for line in lines:
            kind, name, *rest = line.split()
            if kind == "domain":
                vcpus, state = rest
                domains[name] = vcpus if set(state) & set("rb") or state == "------" else state
        return Seen(_files(lines), domains)

    def files(self) -> dict[str, str]:
        """The files alone, for when no xl answers."""
        return _files(self.lab.sh(LOOK_AT_FILES).splitlines())

    def clear(self) -> None:
        """No guest, none of their files."""
        self.lab.sh(CLEAR)

    def keep(self) -> None:
        """Remember the files and which guests run, for ``put_back``."""
        self.lab.sh(KEEP)

    def put_back(self, mode: str = "", command: str = "", number: int = 1) -> None:
        """The files are as they were kept, and the guests are started from them; then ``arm``, if there is a mode."""
        self.lab.sh("\n".join((CLEAR, PUT_BACK, *([_arm(mode, command, number)] if mode else []))))


def _files(lines: list[str]) -> dict[str, str]:
    files = {}
    for line in lines:
        kind, name, *rest = line.split()
        if kind == "file":
            # when it was taken is in the one, what the guest had just done in the other
            differs = name.endswith("manifest.json") or ".save" in name
            files[name] = rest[0] if differs else " ".join(rest[:2])
    return files


def _arm(mode: str, command: str, number: int) -> str:
    return f"rm -f {FOLDER}/calls {FOLDER}/same {FOLDER}/waiting; echo {mode} {command} {number} >{FOLDER}/armed"


def check_between(now: Seen, old: Seen, new: Seen, where: str) -> None:
    """Each file is as before or as wanted; what is neither has a name that says so."""
    for name, entry in now.files.items():
        base = name.rsplit("/", 1)[-1]
        if name in old.files or name in new.files:
            if entry not in (old.files.get(name), new.files.get(name)):
                raise DataLost(f"{where}: {name} is neither old nor new: {entry}")
        else:
            assert base.startswith(".") or any(mark in name for mark in _UNFINISHED), f"{where}: {name} lies about"
    lost = old.files.keys() & new.files.keys() - now.files.keys()
    if lost:
        raise DataLost(f"{where}: lost {sorted(lost)}")
    assert now.domains.keys() <= old.domains.keys() | new.domains.keys(), f"{where}: {now.domains}"


def check_converges(host: FaultyHost, tasks: list[tuple[str, dict[str, Any]]], wanted: Seen, where: str) -> None:
    """The same task again comes to what is wanted, and once more changes nothing."""
    for module, parameters in tasks:
        host.lab.module(module, parameters)
        third = host.lab.module(module, parameters)
        assert not third["changed"], f"{where}: {json.dumps(third, indent=1)}"
    now = host.look()
    if now.files != wanted.files:
        names = sorted(now.files.keys() ^ wanted.files.keys()) or now.files
        raise DataLost(f"{where}: {names}: {now.files} is not {wanted.files}")
    assert now.domains == wanted.domains, where


def require_same(now: Seen, before: Seen) -> None:
    """:raises DataLost: a file is not what it was."""
    if now.files != before.files:
        raise DataLost(f"{now.files} is not {before.files}")
    assert now.domains == before.domains


def ends_with(host: FaultyHost, parameters: dict[str, Any], error_id: str, says: str, seconds: float) -> float:
    """The task must fail so, and in time; how many seconds it took."""
    started = time.monotonic()
    failed = host.lab.fails("xen_domain", parameters, error_id)
    took = time.monotonic() - started
    assert says in failed["msg"], failed["msg"]
    assert took < seconds + SLACK, f"{took:.0f} s"
    assert "Traceback" not in failed.get("exception", "")
    return took
