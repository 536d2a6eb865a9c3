# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: the start at boot, by links as a Linux dom0 has them."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import neighbour, properties, single, web

Parameters = dict[str, Any]


def _linked(world: World, *names: str, file: str = "same", live: str = "running", **options: Any) -> Parameters:
    """A task on ``web``, which has exactly these links."""
    task = web(world, file, live, autostart=True, **options)
    (world.root / "auto" / "web.cfg").unlink(missing_ok=True)
    for name in names:
        os.symlink(world.root / "etc" / "web.cfg", world.root / "auto" / name)
    return task


def _of_another(world: World) -> Parameters:
    task = _linked(world)
    neighbour(world, "db")
    os.symlink(world.root / "etc" / "db.cfg", world.root / "auto" / "web")
    return task


def _with_a_pause(world: World, seconds: int) -> Parameters:
    world.file(
        "xendomains", b"for dom in $XENDOMAINS_AUTO/*; do xl create $dom; usleep $XENDOMAINS_CREATE_USLEEP; done\n"
    )
    (world.root / "default").mkdir()
    settings = f"# of xendomains\nXENDOMAINS_AUTO={world.root}/auto\nXENDOMAINS_CREATE_USLEEP=5000000\n"
    (world.root / "default" / "xendomains").write_text(settings, encoding="utf-8")
    return _linked(world, "web", autostart_delay=seconds)


def _with_order(world: World, order: int) -> Parameters:
    return _linked(world, "20-web", autostart_order=order)


CASES = [
    Case("autostart: added", _linked, changes=True, after="running"),
    Case("autostart: as it is", lambda world: _linked(world, "web.cfg"), changes=False),
    Case("autostart: with a number", lambda world: _linked(world, autostart_order=5), changes=True),
    Case("autostart: another number", lambda world: _with_order(world, 10), changes=True),
    Case("autostart: the same number", lambda world: _with_order(world, 20), changes=False),
    Case("autostart: twice", lambda world: _linked(world, "10-web", "web"), changes=True),
    Case("autostart: nothing said", lambda world: web(world, state="present"), changes=False),
    Case("autostart: taken out", lambda world: web(world, autostart=False), changes=True),
    Case("autostart: taken out already", lambda world: {**_linked(world), "autostart": False}, changes=False),
    Case("autostart: reported only", lambda world: _linked(world, apply="report"), changes=False),
    Case("autostart: a longer pause", lambda world: _with_a_pause(world, 9), changes=True),
    Case("autostart: a pause that is long enough", lambda world: _with_a_pause(world, 5), changes=False),
    Case(
        "autostart: a new guest, started",
        lambda world: {**_linked(world, file="no file", live="not live", state="running"), **properties(world)},
        changes=True,
        after="running",
    ),
    single("autostart: a name that is taken", "autostart_taken")(_of_another),
    single("autostart: no config file", "no_config")(lambda world: _linked(world, file="no file")),
    single("autostart: no pause", "autostart_delay_unsupported")(lambda world: _linked(world, autostart_delay=5)),
    single("autostart: a number too high", "bad_value")(lambda world: _linked(world, autostart_order=100)),
]
