# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`xl save` and `xl restore`. The file has the real header and the real JSON part; in place of memory, a note."""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import build, lifecycle, options, yajl
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.state import State

_MAGIC = b"Xen saved domain, xl format\n \0 \r"
_HEADER = struct.Struct("<IIII")  # byte order, mandatory flags, optional flags, length of the optional part
_BYTE_ORDER, _FLAGS = 0x01020304, 0x3
_MEMORY = b"\nmemory of a fake guest\n"


def save(state: State, arguments: list[str]) -> None:
    """`xl save [-p|-c] DOMAIN FILE`: -c lets the domain run on, -p leaves it paused, otherwise it is gone."""
    given, rest = options.split(arguments, "pch")
    domain, path = lifecycle.find_guest(state, rest[0]), rest[1]
    optional = _optional_part(domain["config"])
    try:
        stream = open(path, "wb")  # noqa: SIM115 - closed below; the order of the messages is xl's
    except OSError:
        raise Exit(1, f"Failed to open temp file {path} for writing\n") from None
    with stream:
        domid = domain["domid"]
        sys.stderr.write(f"Saving to {path} new xl format (info 0x3/0x0/{len(optional)})\n")
        sys.stderr.write(f"xc: info: Saving domain {domid}, type x86 PV\n")
        stream.write(_MAGIC + _HEADER.pack(_BYTE_ORDER, _FLAGS, 0, len(optional)) + optional)
        if domain["pause_count"] or domain["shutdown_reason"] or state.guest(domain["name"])["ignores_suspend"]:
            # Composed: libxl waits a minute for the guest, then gives up; xl leaves the broken file behind.
            raise Exit(
                1,
                f"libxl: error: libxl_dom_suspend.c:409:suspend_common_wait_guest_timeout: Domain {domid}:guest did "
                "not suspend, timed out\n"
                "Failed to save domain, resuming domain\n",
            )
        sys.stderr.write(_progress(domain["memory_kib"] // 4))
        stream.write(_MEMORY)
    if "c" in given:
        return
    if "p" in given:
        domain["pause_count"] += 1
    else:
        state.remove(domain)


def restore(state: State, arguments: list[str]) -> None:
    """`xl restore [-p] [CONFIG] FILE`"""
    given, rest = options.split(arguments, "FepcVAh")
    path = rest[-1]
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
    except OSError as error:
        raise Exit(1, f"Can't open restore file: {error.strerror}\n") from None
    config = _read_header(path, raw)
    sys.stderr.write(" Savefile contains xl domain config in JSON format\nParsing config from <saved>\n")
    if state.by_name(config["c_info"]["name"]) is None:
        sys.stderr.write("xc: info: Found x86 PV domain from Xen 4.17\nxc: info: Restoring domain\n")
        if not raw.endswith(_MEMORY):
            raise _broken_memory(state)
    try:
        domain = build.make_domain(state, config, restoring=True)
    except Exit as failed:
        raise Exit(1, failed.stderr) from None
    sys.stderr.write(
        "xc: info: Restore successful\nxc: info: XenStore: mfn 0x262b98, dom 0, evt 1\n"
        "xc: info: Console: mfn 0x262b97, dom 0, evt 2\n"
    )
    build.start(state, domain, paused="p" in given, boots=False)


def _optional_part(config: dict[str, Any]) -> bytes:
    text = (yajl.dumps(config) + "\n").encode()
    return struct.pack("<I", len(text)) + text


def _read_header(path: str, raw: bytes) -> dict[str, Any]:
    start = len(_MAGIC) + _HEADER.size
    if not raw.startswith(_MAGIC):
        raise Exit(1, "File has wrong magic number - corrupt or for a different tool?\n")
    length = _HEADER.unpack(raw[len(_MAGIC) : start])[3]
    loading = f"Loading new save file {path} (new xl fmt info 0x3/0x0/{length})\n"
    if len(raw) < start + length:
        raise Exit(
            1,
            f"{loading}libxl: error: libxl_utils.c:505:libxl_read_exactly: file/stream truncated reading optdata from "
            f"{path}\n"
            "xl: fatal error: xl_vmcontrol.c:740: Protocol error: libxl_read_exactly( ctx, restore_fd, optdata_begin, "
            'hdr.optional_data_len, restore_source, "optdata")\n',
        )
    sys.stderr.write(loading)
    return json.loads(raw[start + 4 : start + length])


def _broken_memory(state: State) -> Exit:
    domid = state.take_domid()
    lines = (
        "xc: error: Failed to read 4202504 bytes of data for record (0x00000001, Page data) (0 = Success): "
        "Internal error",
        "xc: error: Restore failed (0 = Success): Internal error",
        "libxl: error: libxl_stream_read.c:850:libxl__xc_domain_restore_done: restoring domain: Success",
        f"libxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain {domid}:cannot (re-)build domain: -3",
        f"libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain {domid}:Non-existant domain",
        f"libxl: error: libxl_domain.c:1137:domain_destroy_callback: Domain {domid}:Unable to destroy guest",
        f"libxl: error: libxl_domain.c:1064:domain_destroy_cb: Domain {domid}:Destruction of domain failed",
    )
    return Exit(1, "\n".join(lines) + "\n")


def _progress(frames: int) -> str:
    """libxc tells after each batch of 1024 frames, when it has got at least 5 per cent further."""
    lines, told = [], 0
    for done in [*range(1024, frames, 1024), frames]:
        per_cent = done * 100 // frames if frames else 100
        if per_cent - told >= 5 or done == frames:
            lines.append(f"xc: progress: Frames: {done}/{frames}  {per_cent:3d}%\n")
            told = per_cent
    return "".join(lines) + "xc: progress: End of stream: 0/0    0%\n"
