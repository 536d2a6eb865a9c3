# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: the type of a guest, what it boots, its identity, and what Xen does when it ends."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _kinds_lists, _live, _live_special
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    FILE,
    RAW,
    RECREATE,
    STR,
    Option,
    choice,
    flag,
    same,
)

_BUILDERS = ("generic", "hvm", "linux")

BOOT: tuple[Option, ...] = (
    same("type", _kinds.TEXT, _live.create_info("type"), choice("pv", "pvh", "hvm"), change=RECREATE),
    same("uuid", _kinds.UUID, _live.create_info("uuid"), STR, change=RECREATE),
    same("kernel", _kinds.PATH, _live.build_info("kernel"), FILE),
    same("ramdisk", _kinds.PATH, _live.build_info("ramdisk"), FILE),
    same("cmdline", _kinds.TEXT, _live.not_told, STR),
    same("root", _kinds.TEXT, _live.not_told, STR),
    same("extra", _kinds.TEXT, _live.not_told, STR),
    same("bootloader", _kinds.TEXT, _live.build_info("bootloader"), STR),
    same("bootloader_args", _kinds_lists.ARGUMENTS, _live.build_info("bootloader_args", []), RAW),
    flag("bootloader_restrict", _live.build_flag("bootloader_restrict", None), newer=True),
    same("bootloader_user", _kinds.TEXT, _live.build_info("bootloader_user"), STR, newer=True),
    same("firmware", _kinds.TEXT, _live_special.firmware, STR, agrees=_live_special.firmware_agrees),
    same(
        "builder",
        _kinds.words("generic", "hvm", "linux"),
        _live_special.builder,
        choice("generic", "hvm", "linux"),
        change=RECREATE,
    ),
    flag("pvshim", _live.flag_within("type.pvh", "pvshim", default=0)),
    same("pvshim_path", _kinds.PATH, _live.within("type.pvh", "pvshim_path"), FILE),
    same("pvshim_cmdline", _kinds.TEXT, _live.within("type.pvh", "pvshim_cmdline"), STR),
    same("pvshim_extra", _kinds.TEXT, _live.within("type.pvh", "pvshim_extra"), STR),
    same("seclabel", _kinds.TEXT, _live_special.seclabel, STR),
    same("init_seclabel", _kinds.TEXT, _live_special.init_seclabel, STR),
    flag("driver_domain", _live.create_flag("driver_domain", 0)),
    flag("nomigrate", _live.build_flag("disable_migrate", 0)),
    flag("xend_suspend_evtchn_compat", _live.create_flag("xend_suspend_evtchn_compat", 0)),
)

# Last in a new file, as everywhere in Xen's examples.
EVENTS: tuple[Option, ...] = tuple(
    same(name, _kinds.ACTION, _live.event_action(name), STR)
    for name in ("on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset")
)
