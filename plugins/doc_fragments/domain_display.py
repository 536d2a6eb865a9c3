# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Properties of a domain: screen, keyboard, sound, USB and serial ports of HVM guests."""

    DOCUMENTATION = r"""
options:
  vga:
    description: Emulated graphics card.
    type: str
    choices: [none, stdvga, cirrus, qxl]
  stdvga:
    description: Deprecated, use O(vga).
    type: bool
  videoram:
    description: Memory of the graphics card; units as for O(memory).
    type: str
  nographic:
    description: No graphics card.
    type: bool
  gfx_passthru:
    description: The first graphics card is one of O(pci). V(on), V(off), or V(igd) for Intel's.
    type: raw
  vnc:
    description: Show the screen of an HVM guest by VNC.
    type: bool
  vnclisten:
    description: Address that its VNC server listens on.
    type: str
  vncdisplay:
    description: Number of its VNC display.
    type: int
  vncunused:
    description: Take the first VNC display that is free.
    type: bool
  vncpasswd:
    description: Password of its VNC server. The config file is then readable for its owner only.
    type: str
  keymap:
    description: Keyboard layout, such as V(de).
    type: str
  sdl:
    description: Show the screen in a window of the dom0.
    type: bool
  opengl:
    description: Use OpenGL for that window.
    type: bool
  display:
    description: X display for that window.
    type: str
  xauthority:
    description: Path of the X authority file for that window.
    type: path
  spice:
    description: Show the screen by SPICE.
    type: bool
  spicehost:
    description: Address that its SPICE server listens on.
    type: str
  spiceport:
    description: Port of its SPICE server.
    type: int
  spicetls_port:
    description: Port of its SPICE server for TLS.
    type: int
  spicedisable_ticketing:
    description: Let SPICE clients in without a password.
    type: bool
  spicepasswd:
    description: Password of its SPICE server. The config file is then readable for its owner only.
    type: str
  spiceagent_mouse:
    description: Use the SPICE agent for the mouse.
    type: bool
  spicevdagent:
    description: Enable the SPICE agent.
    type: bool
  spice_clipboard_sharing:
    description: Share the clipboard with SPICE clients.
    type: bool
  spiceusbredirection:
    description: Number of USB devices of a SPICE client that can be passed on, 0 to 4.
    type: int
  spice_image_compression:
    description: How SPICE compresses images.
    type: str
    choices: [auto_glz, auto_lz, quic, glz, lz, "off"]
  spice_streaming_video:
    description: What SPICE sends as a video stream.
    type: str
    choices: [filter, all, "off"]
  serial:
    description: Where the serial port of an HVM guest goes, such as V(pty); a string, or a list of strings.
    type: raw
  soundhw:
    description: Emulated sound card, such as V(hda) or V(ac97).
    type: str
  vkb_device:
    description: Whether an HVM guest gets a paravirtual keyboard.
    type: bool
  usb:
    description: An emulated USB bus.
    type: bool
  usbversion:
    description: Version of the emulated USB bus, 1, 2 or 3. Not together with O(usb) and O(usbdevice).
    type: int
  usbdevice:
    description: Devices on the USB bus, such as V(tablet) or V(host:1234:5678); a string, or a list of strings.
    type: raw
"""
