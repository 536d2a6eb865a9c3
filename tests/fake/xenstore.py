# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xenstore-read, xenstore-list and xenstore-ls -f, over the entries that people and programs read."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.tests.fake import devices
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.state import DOM0_NAME, State


def entries(state: State) -> dict[str, str]:
    """Path to value; only the leaves and what hangs on them, not the empty folders between."""
    store = {
        "/local/domain/0/domid": "0",
        "/local/domain/0/memory/static-max": str(state.host["dom0_mib"] * 1024),
        "/local/domain/0/memory/target": str(state.host["dom0_mib"] * 1024),
        "/local/domain/0/name": DOM0_NAME,
        "/local/pool/0/name": "Pool-0",
        "/tool/xenstored": "/usr/lib/xen-4.17/bin/oxenstored",
    }
    for index, domain in enumerate(state.domains):
        if not domain["dying"]:
            store.update(_domain(domain, state.guest(domain["name"])["tty"] or f"/dev/pts/{index}"))
    return store


def _domain(domain: dict[str, Any], tty: str) -> dict[str, str]:
    number, config = domain["domid"], domain["config"]
    root, vm = f"/local/domain/{number}", f"/vm/{domain['uuid']}"
    store = {
        f"{root}/console/backend": f"/local/domain/0/backend/console/{number}/0",
        f"{root}/console/backend-id": "0",
        f"{root}/console/limit": "1048576",
        f"{root}/console/output": "pty",
        f"{root}/console/port": "2",
        f"{root}/console/tty": tty,
        f"{root}/console/type": "xenconsoled",
        f"{root}/control/shutdown": "",
        f"{root}/control/sysrq": domain.get("sysrq", ""),
        f"{root}/domid": str(number),
        f"{root}/memory/static-max": str(config["b_info"]["max_memkb"]),
        f"{root}/memory/target": str(config["b_info"]["target_memkb"]),
        f"{root}/name": domain["name"],
        f"{root}/vm": vm,
        f"{vm}/name": domain["name"],
        f"{vm}/uuid": domain["uuid"],
    }
    for nic in config.get("nics", []):
        front, back = f"{root}/device/vif/{nic['devid']}", f"/local/domain/0/backend/vif/{number}/{nic['devid']}"
        store.update({f"{front}/backend": back, f"{front}/mac": nic["mac"], f"{front}/state": "4"})
        store.update({f"{back}/bridge": nic.get("bridge", "xenbr0"), f"{back}/mac": nic["mac"], f"{back}/state": "4"})
    for disk in config.get("disks", []):
        vdev = devices.vdev_number(disk["vdev"])
        front, back = f"{root}/device/vbd/{vdev}", f"/local/domain/0/backend/vbd/{number}/{vdev}"
        store.update({f"{front}/backend": back, f"{front}/state": "4"})
        mode = "w" if disk.get("readwrite") else "r"
        store.update({f"{back}/dev": disk["vdev"], f"{back}/params": disk.get("pdev_path", ""), f"{back}/mode": mode})
    return store


def read(state: State, arguments: list[str]) -> None:
    """`xenstore-read PATH...`"""
    store = entries(state)
    for path in arguments:
        if path not in store:
            folder = any(name.startswith(path.rstrip("/") + "/") for name in store)
            if not folder:
                raise Exit(1, f"xenstore-read: couldn't read path {path}\n")
        print(store.get(path, ""))


def list_folder(state: State, arguments: list[str]) -> None:
    """`xenstore-list PATH...`: the names below it."""
    for path in arguments:
        prefix = path.rstrip("/") + "/"
        names = [name[len(prefix) :].split("/")[0] for name in entries(state) if name.startswith(prefix)]
        if not names:
            raise Exit(1, "xenstore-list: could not list path " + path + "\n")
        print("\n".join(dict.fromkeys(names)))


def ls(state: State, arguments: list[str]) -> None:
    """`xenstore-ls -f [PATH]`, leaves only."""
    paths = [argument for argument in arguments if not argument.startswith("-")] or [""]
    for path, value in sorted(entries(state).items()):
        if path.startswith(paths[0].rstrip("/")):
            print(f'{path} = "{value}"')
