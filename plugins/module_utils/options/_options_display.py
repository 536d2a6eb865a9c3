# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: screen, keyboard, sound, USB and serial ports of fully virtualised guests."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _kinds_lists, _live, _live_special
from ansible_collections.netbsd.xen.plugins.module_utils.options._live import (
    flag_within,
    hvm,
    hvm_flag,
    one_or_list,
    within,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    FILE,
    INT,
    NO_SECRET,
    PASSWORD,
    RAW,
    STR,
    Option,
    choice,
    flag,
    same,
)

_CARDS = ("none", "stdvga", "cirrus", "qxl")
_COMPRESSIONS = ("auto_glz", "auto_lz", "quic", "glz", "lz", "off")
_STREAMING = ("filter", "all", "off")
_VNC, _SDL, _SPICE = ("type.hvm", "vnc"), ("type.hvm", "sdl"), ("type.hvm", "spice")

DISPLAY: tuple[Option, ...] = (
    same("vga", _kinds.words(*_CARDS), _live_special.vga, choice(*_CARDS)),
    flag("stdvga", _live_special.stdvga),
    same("videoram", _kinds.MIB, _live.build_mib("video_memkb", None), STR),
    flag("nographic", hvm_flag("nographic", 0)),
    same("gfx_passthru", _kinds_lists.GFX_PASSTHRU, _live_special.gfx_passthru, {**RAW, **NO_SECRET}),
    flag("vnc", flag_within(*_VNC, "enable", default=1)),
    same("vnclisten", _kinds.TEXT, within(*_VNC, "listen"), STR, completed=True),
    same("vncdisplay", _kinds.NUMBER, within(*_VNC, "display", default=0), INT),
    flag("vncunused", flag_within(*_VNC, "findunused", default=1)),
    same("vncpasswd", _kinds.TEXT, within(*_VNC, "passwd"), PASSWORD, secret=True),
    same("keymap", _kinds.TEXT, hvm("keymap"), {**STR, **NO_SECRET}),
    flag("sdl", flag_within(*_SDL, "enable", default=0)),
    flag("opengl", flag_within(*_SDL, "opengl", default=0)),
    same("display", _kinds.TEXT, within(*_SDL, "display"), STR),
    same("xauthority", _kinds.PATH, within(*_SDL, "xauthority"), FILE),
    flag("spice", flag_within(*_SPICE, "enable", default=0)),
    same("spicehost", _kinds.TEXT, within(*_SPICE, "host"), STR),
    same("spiceport", _kinds.integer(0, 65535), within(*_SPICE, "port", default=0), INT),
    same("spicetls_port", _kinds.integer(0, 65535), within(*_SPICE, "tls_port", default=0), INT),
    flag("spicedisable_ticketing", flag_within(*_SPICE, "disable_ticketing", default=0)),
    same("spicepasswd", _kinds.TEXT, within(*_SPICE, "passwd"), PASSWORD, secret=True),
    flag("spiceagent_mouse", flag_within(*_SPICE, "agent_mouse", default=1)),
    flag("spicevdagent", flag_within(*_SPICE, "vdagent", default=0)),
    flag("spice_clipboard_sharing", flag_within(*_SPICE, "clipboard_sharing", default=0)),
    same("spiceusbredirection", _kinds.integer(0, 4), within(*_SPICE, "usbredirection", default=0), INT),
    same("spice_image_compression", _kinds.words(*_COMPRESSIONS), within(*_SPICE, "image_compression"),
         choice(*_COMPRESSIONS)),
    same("spice_streaming_video", _kinds.words(*_STREAMING), within(*_SPICE, "streaming_video"), choice(*_STREAMING)),
    same("serial", _kinds.TEXTS, one_or_list("serial", "serial_list"), RAW),
    same("soundhw", _kinds.TEXT, hvm("soundhw"), STR),
    flag("vkb_device", hvm_flag("vkb_device", 1)),
    flag("usb", hvm_flag("usb", 0)),
    same("usbversion", _kinds.integer(0, 3), hvm("usbversion", 0), INT),
    same("usbdevice", _kinds.TEXTS, one_or_list("usbdevice", "usbdevice_list"), RAW),
)  # fmt: skip
