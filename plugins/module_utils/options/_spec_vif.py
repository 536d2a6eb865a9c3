# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Network interfaces of a domain: xl's vif specs (xl-network-configuration(5)), dictionaries, and libxl's JSON.

Source: parse_nic_config() in tools/xl/xl_parse.c. In a config file xl only warns of a key that it does not know and
starts the guest without it; here that is an error, since what was asked for would not be done.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import (
    boolean,
    changed_fields,
    known_items,
    live_defbool,
    text_without_comma,
    whole_number,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_rate import canonical_rate, render_rate

OPTION = "vifs"
TYPES = ("vif", "ioemu")
_ALIASES = {"netdev": "gatewaydev"}
_MAC = re.compile(r"([0-9A-Fa-f]{1,2})" + r"[:-]([0-9A-Fa-f]{1,2})" * 5 + r"\Z")
# YAML 1.1 reads 10:20:30:40:50:60 as a number to the base 60
_YAML_HINT = " YAML makes a number of an unquoted MAC without letters: put quotes around it."
_NUMBERS = ("devid", "mtu")
# Read and dropped by xl, with a warning.
_IGNORED = ("accel",)
# In a task: no MAC in the config file, so that xl makes one up at each start.
RANDOM = "random"
_LIVE_TEXT = {
    "bridge": "bridge", "gatewaydev": "gatewaydev", "ip": "ip", "script": "script", "backend": "backend_domname",
    "vifname": "ifname", "model": "model", "vlan": "vlan",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Vif:
    """One network interface in canonical form; None means that xl or the host's xl.conf decides.

    :ivar type: ``vif`` (paravirtual only) or ``ioemu`` (an emulated card too, HVM only).
    :ivar mac: six lower-case pairs with colons; None: xl makes one up at each start.
    :ivar bridge: bridge in dom0; None: xl.conf's default, else xenbr0 (a name that NetBSD's bridges cannot have).
    :ivar rate: see _spec_rate.py, in its canonical form.
    :ivar colo: keys and values of COLO, by the names that xl has; in a dictionary they stand beside the others.
    :ivar devid: number of the interface in the guest; None: its place in the list.
    """

    mac: str | None = None
    bridge: str | None = None
    type: str | None = None
    gatewaydev: str | None = None
    ip: str | None = None
    script: str | None = None
    backend: str | None = None
    vifname: str | None = None
    model: str | None = None
    rate: str | None = None
    devid: int | None = None
    mtu: int | None = None
    vlan: str | None = None
    trusted: bool | None = None
    colo: tuple[tuple[str, str], ...] = ()


_KEYS = tuple(field.name for field in dataclasses.fields(Vif) if field.name not in ("trusted", "colo"))


def _colo_keys() -> tuple[str, ...]:
    """The keys of COLO, Xen's replication of a running guest, in the order of parse_nic_config()."""
    sockets = (
        "mirror", "compare_pri_in", "compare_sec_in", "compare_notify", "redirector0", "redirector1", "redirector2",
        "sec_redirector0", "sec_redirector1",
    )  # fmt: skip
    redirectors = ("redirector0", "redirector1", "sec_redirector0", "sec_redirector1")
    return (
        "forwarddev",
        *(f"colo_sock_{socket}_{part}" for socket in sockets for part in ("id", "ip", "port")),
        *(f"colo_filter_mirror_{part}" for part in ("queue", "outdev")),
        *(f"colo_filter_{each}_{part}" for each in redirectors for part in ("queue", "indev", "outdev")),
        *(f"colo_compare_{part}" for part in ("pri_in", "sec_in", "out", "notify_dev")),
        "colo_filter_sec_rewriter0_queue",
        "colo_checkpoint_host",
        "colo_checkpoint_port",
    )


_COLO = _colo_keys()


def parse(text: str) -> Vif:
    """Read a spec as xl does: comma-separated key=value, blanks after a comma are skipped. Empty means all defaults.

    :raises BadValue: an unknown key, or a value that xl or Xen would not take.
    """
    found: dict[str, Any] = {}
    for item in text.split(","):
        item = item.lstrip(" ")
        if item in ("trusted", "untrusted"):
            found["trusted"] = item == "trusted"
        elif item:
            key, equals, value = item.partition("=")
            key = _ALIASES.get(key, key)
            if equals and key in _IGNORED:
                continue
            if not equals or (key not in _KEYS and key not in _COLO):
                raise BadValue(OPTION, text, f"unknown parameter {item!r}; known are: {', '.join(_KEYS)}, (un)trusted.")
            found[key] = value
    if found.get("mac") == RANDOM:
        raise BadValue(OPTION, text, "xl has no word for that; leave mac out, or give the vif as a dictionary.")
    return _canonical(found)


def from_dict(mapping: Mapping[str, Any]) -> Vif:
    """Read a dictionary whose keys are the fields of ``Vif``; ``netdev`` is the old name of ``gatewaydev``.

    ``mac`` may be RANDOM, which only ``without_random`` turns into a vif for a config file.

    :raises BadValue: an unknown key, or a value that xl or Xen would not take.
    """
    colo = {key: value for key, value in mapping.items() if key in _COLO and value is not None}
    others = {key: value for key, value in mapping.items() if key not in _COLO and key != "colo"}
    return _canonical({**known_items(OPTION, others, Vif, _ALIASES), **colo})


def _canonical(found: Mapping[str, Any]) -> Vif:
    values: dict[str, Any] = {}
    colo: dict[str, str] = {}
    for key, value in found.items():
        if key == "trusted":
            values[key] = boolean(OPTION, key, value)
            continue
        text = text_without_comma(OPTION, key, value)
        if text is not None and key in _COLO:
            colo[key] = text
        elif text is not None:
            values[key] = _check(key, text)
    return Vif(**values, colo=tuple((key, colo[key]) for key in _COLO if key in colo))


def _check(key: str, text: str) -> Any:
    if key == "mac":
        return text if text == RANDOM else canonical_mac(text)
    if key == "rate":
        return canonical_rate(text)
    if key in _NUMBERS:
        return whole_number(OPTION, key, text)
    if key == "type" and text not in TYPES:
        raise BadValue(OPTION, text, f"type is one of {', '.join(TYPES)}.")
    return text


def without_random(vif: Vif) -> Vif:
    """The vif as a config file can say it: RANDOM is no MAC at all."""
    return dataclasses.replace(vif, mac=None) if vif.mac == RANDOM else vif


def canonical_mac(text: str) -> str:
    """``00:16:3e:0a:0b:0c``.

    :raises BadValue: not six hexadecimal pairs, a group address, or all zeros (which is "none given" to libxl).
    """
    match = _MAC.match(text.strip())
    if not match:
        hint = _YAML_HINT if text.isdigit() else ""
        raise BadValue(OPTION, text, "a MAC is six hexadecimal pairs such as 00:16:3e:01:02:03." + hint)
    octets = [int(pair, 16) for pair in match.groups()]
    if octets[0] & 1:
        raise BadValue(OPTION, text, "the first pair is odd: this is a group address, which no interface can have.")
    if not any(octets):
        raise BadValue(OPTION, text, "all zeros is no address; leave mac out to have xl make one up.")
    return ":".join(f"{octet:02x}" for octet in octets)


def render(vif: Vif) -> str:
    """The spec that a person would write: ``mac=00:16:3e:01:02:03,bridge=bridge0``; empty for all defaults."""
    items = [f"{key}={value}" for key, value in as_dict(vif).items() if key != "trusted"]
    if vif.trusted is not None:
        items.append("trusted" if vif.trusted else "untrusted")
    return ",".join(items)


def as_dict(vif: Vif) -> dict[str, Any]:
    """The fields that are set; from_dict() gives the same vif back."""
    fields = changed_fields(vif)
    colo = dict(fields.pop("colo", ()))
    return {**fields, **colo}


def from_live(entry: Mapping[str, Any]) -> Vif:
    """One of ``config.nics`` in ``xl list -l``, libxl's JSON, where zeros and defaults are left out."""
    values: dict[str, Any] = {field: entry.get(key) or None for field, key in _LIVE_TEXT.items()}
    if entry.get("backend_domid") and not values["backend"]:
        values["backend"] = str(entry["backend_domid"])
    mac = entry.get("mac")
    values["mac"] = mac.lower() if mac and mac != "00:00:00:00:00:00" else None
    values["type"] = {"vif": "vif", "vif_ioemu": "ioemu"}.get(str(entry.get("nictype")))
    devid = entry.get("devid")
    values["devid"] = devid if isinstance(devid, int) and devid >= 0 else None
    values["mtu"] = entry.get("mtu") or None
    if entry.get("rate_bytes_per_interval") and entry.get("rate_interval_usecs"):
        values["rate"] = render_rate(entry["rate_bytes_per_interval"], entry["rate_interval_usecs"]) or None
    values["trusted"] = live_defbool(entry.get("trusted"))
    told = {key: entry.get("coloft_forwarddev" if key == "forwarddev" else key) for key in _COLO}
    values["colo"] = tuple((key, str(value)) for key, value in told.items() if value)
    return Vif(**values)


def identity(vif: Vif) -> str | None:
    """What makes it the same interface of a domain: its MAC; None when none is set."""
    return vif.mac
