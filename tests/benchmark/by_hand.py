# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The play for a dom0 that people write by hand: the steps of NetBSD's Xen HOWTO as tasks of ansible.builtin.

It looks at less than the role does: it checks no boot menu, and knows no other version of Xen than the one it names.
"""

from __future__ import annotations

from typing import Any

from xenlab import Host

Task = dict[str, Any]


def by_hand(host: Host) -> list[Task]:
    """The tasks for a host that the role has made, with the same contents, so that they have nothing to do."""
    return [*_packages(), *_kernels(), *_devices(), *_bridge(host), *_services(host), *_boot(host)]


def _command(*argv: str, **more: Any) -> Task:
    return {"ansible.builtin.command": {"argv": list(argv), **more}}


def _line(path: str, start: str, host: Host) -> Task:
    """Keep the line of a file that begins so."""
    line = host.check(["grep", f"^{start}", path]).splitlines()[0]
    return {"ansible.builtin.lineinfile": {"path": path, "regexp": f"^{start}", "line": line}}


def _packages() -> list[Task]:
    install = _command("/usr/pkg/bin/pkgin", "-y", "install", "xenkernel420", "xentools420")
    unchanged = "'nothing to do' not in done.stdout"
    return [{**install, "register": "done", "changed_when": unchanged}]


def _kernels() -> list[Task]:
    # what a package, and somebody before, have put on the host
    copy = {"src": "/usr/pkg/xen420-kernel/xen.gz", "dest": "/xen420.gz", "remote_src": True}
    kernel = "file:///srv/netbsd/NetBSD-10.1/amd64/binary/kernel/netbsd-XEN3_DOM0.gz"
    return [
        {"ansible.builtin.copy": copy},
        {"ansible.builtin.get_url": {"url": kernel, "dest": "/netbsd-XEN3_DOM0.gz", "force": False}},
    ]


def _devices() -> list[Task]:
    return [
        _command("sh", "MAKEDEV", "xen", chdir="/dev", creates="/dev/xenevt"),
        {"ansible.builtin.lineinfile": {"path": "/etc/fstab", "line": "kernfs\t\t/kern\tkernfs\trw"}},
        _command("mount", "/kern", creates="/kern/xen/privcmd"),
    ]


def _bridge(host: Host) -> list[Task]:
    content = host.check(["cat", "/etc/ifconfig.bridge0"])
    return [
        {"ansible.builtin.copy": {"dest": "/etc/ifconfig.bridge0", "content": content}},
        {**_command("/sbin/brconfig", "bridge0"), "register": "bridge", "changed_when": False},
        {**_command("/sbin/brconfig", "bridge0", "add", "wm0"), "when": "'wm0' not in bridge.stdout"},
        _line("/usr/pkg/etc/xen/xl.conf", "vif.default.bridge", host),
    ]


def _services(host: Host) -> list[Task]:
    examples = "/usr/pkg/share/examples/rc.d"
    script = {"src": f"{examples}/{{{{ item }}}}", "dest": "/etc/rc.d/{{ item }}", "remote_src": True, "mode": "0755"}
    return [
        {"ansible.builtin.copy": script, "loop": ["xencommons", "xendomains"]},
        _line("/etc/rc.conf", "xencommons=", host),
        {**_command("pgrep", "xenstored"), "changed_when": False},
    ]


def _boot(host: Host) -> list[Task]:
    menu = host.check(["cat", "/boot.cfg"])
    return [
        {"ansible.builtin.copy": {"dest": "/boot.cfg", "content": menu}},
        {**_command("/usr/pkg/sbin/xl", "info"), "changed_when": False},
    ]
