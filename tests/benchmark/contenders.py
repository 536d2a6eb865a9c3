# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who keeps guests as declared, and with which tasks: this collection, community.libvirt, and a play written by hand.

Each has the same guests, of 4 MiB and without a device, and the same four things to do. What a guest shall be is given
in the form that each of them takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from plays import Task

KERNEL = "/srv/domu/nano"
MEMORY = 4
# What is said of every guest, and of one that is changed. It is no matter of the running guest's, so none restarts.
ON_CRASH, CHANGED_ON_CRASH = "destroy", "preserve"
LIBVIRT = "xen:///system"
# seconds from one look to the next, while guests shut down
PAUSE = 1

Guests = Sequence[str]


class Contender(NamedTuple):
    """
    :param keep: tasks that define and start guests, of which some (the second argument) have the changed value. Run
        again, they find nothing to do.
    :param stop: tasks that stop them all, and end when they are gone.
    :param forget: a shell command on the host after which nothing is defined.
    :param files: templates, by their names, that must lie beside the play.
    """

    name: str
    keep: Callable[[Guests, Collection[str]], list[Task]]
    stop: Callable[[Guests], list[Task]]
    forget: str = "rm -f /etc/xen/bench*"
    files: dict[str, str] = {}  # noqa: RUF012 - never changed


def on_crash(name: str, changed: Collection[str]) -> str:
    return CHANGED_ON_CRASH if name in changed else ON_CRASH


# netbsd.xen: a list, and one by one


def _keep_list(names: Guests, changed: Collection[str]) -> list[Task]:
    domains = [{"name": name, "on_crash": on_crash(name, changed)} for name in names]
    defaults = {"state": "running", "type": "pv", "kernel": KERNEL, "memory": MEMORY}
    return [{"netbsd.xen.xen_domains": {"domains": domains, "defaults": defaults}}]


def _stop_list(names: Guests) -> list[Task]:
    domains = [{"name": name} for name in names]
    return [{"netbsd.xen.xen_domains": {"domains": domains, "defaults": {"state": "stopped"}}}]


def _keep_each(names: Guests, changed: Collection[str]) -> list[Task]:
    domain = {
        "name": "{{ item.name }}", "state": "running", "type": "pv", "kernel": KERNEL, "memory": MEMORY,
        "on_crash": "{{ item.on_crash }}",
    }  # fmt: skip
    return [{"netbsd.xen.xen_domain": domain, "loop": _items(names, changed)}]


def _stop_each(names: Guests) -> list[Task]:
    return [{"netbsd.xen.xen_domain": {"name": "{{ item }}", "state": "stopped"}, "loop": list(names)}]


# community.libvirt

_DOMAIN_XML = f"""<domain type="xen">
  <name>{{{{ item.name }}}}</name>
  <memory unit="MiB">{MEMORY}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="xenpv">linux</type>
    <kernel>{KERNEL}</kernel>
  </os>
  <on_crash>{{{{ item.on_crash }}}}</on_crash>
</domain>
"""
_UNDEFINE = (
    f"python3 -c 'import libvirt; [d.undefine() for d in libvirt.open(\"{LIBVIRT}\").listAllDomains() if d.ID()]'"
)


def _keep_libvirt(names: Guests, changed: Collection[str]) -> list[Task]:
    xml = "{{ lookup('ansible.builtin.template', 'domain.xml.j2') }}"
    # without the flag a second definition is refused, since the first one has got a UUID
    define = {"command": "define", "xml": xml, "mutate_flags": ["ADD_UUID"], "uri": LIBVIRT}
    run = {"name": "{{ item }}", "state": "running", "uri": LIBVIRT}
    return [
        {"community.libvirt.virt": define, "loop": _items(names, changed)},
        {"community.libvirt.virt": run, "loop": list(names)},
    ]


def _stop_libvirt(names: Guests) -> list[Task]:
    stop = {"name": "{{ item }}", "state": "shutdown", "uri": LIBVIRT}
    look = {"command": "list_vms", "state": "running", "uri": LIBVIRT}
    gone = "('bench' not in running.list_vms | join(' '))"
    return [
        {"community.libvirt.virt": stop, "loop": list(names)},
        {"community.libvirt.virt": look, "register": "running", "until": gone, "retries": 100, "delay": PAUSE},
    ]


# by hand

_DOMAIN_CFG = f"""name = "{{{{ item.name }}}}"
type = "pv"
kernel = "{KERNEL}"
memory = {MEMORY}
on_crash = "{{{{ item.on_crash }}}}"
"""
_LOOK = [
    {"ansible.builtin.command": {"argv": ["xl", "list"]}, "register": "found", "changed_when": False},
]
_RUNS = "item in found.stdout_lines | map('split') | map('first')"


def _keep_by_hand(names: Guests, changed: Collection[str]) -> list[Task]:
    file = {"src": "domain.cfg.j2", "dest": "/etc/xen/{{ item.name }}.cfg", "mode": "0640"}
    create = {"argv": ["xl", "create", "/etc/xen/{{ item }}.cfg"]}
    return [
        {"ansible.builtin.template": file, "loop": _items(names, changed)},
        *_LOOK,
        {"ansible.builtin.command": create, "loop": list(names), "when": f"not ({_RUNS})"},
    ]


def _stop_by_hand(names: Guests) -> list[Task]:
    shutdown = {"argv": ["xl", "shutdown", "-w", "{{ item }}"]}
    return [*_LOOK, {"ansible.builtin.command": shutdown, "loop": list(names), "when": _RUNS}]


def _items(names: Guests, changed: Collection[str]) -> list[dict[str, str]]:
    return [{"name": name, "on_crash": on_crash(name, changed)} for name in names]


def write_files(contender: Contender, folder: Path) -> None:
    """What the tasks expect beside their play."""
    for name, text in contender.files.items():
        (folder / name).write_text(text)


CONTENDERS = {
    "list": Contender("netbsd.xen.xen_domains", _keep_list, _stop_list),
    "loop": Contender("netbsd.xen.xen_domain in a loop", _keep_each, _stop_each),
    "libvirt": Contender(
        "community.libvirt.virt in a loop", _keep_libvirt, _stop_libvirt, _UNDEFINE, {"domain.xml.j2": _DOMAIN_XML}
    ),
    "hand": Contender(
        "by hand: template, xl create", _keep_by_hand, _stop_by_hand, files={"domain.cfg.j2": _DOMAIN_CFG}
    ),
}
