# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""First part of planning: what the config file shall say."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _devices
from ansible_collections.netbsd.xen.plugins.module_utils.core import _identity
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import BY_NAME, TABLE, Option
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import to_long
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._listing import Row

HEADER = "Domain {name}: written by Ansible (netbsd.xen.xen_domain). Edits of yours survive; see xl.cfg(5)."
DEVICE_LISTS = ("disks", "vifs", "pci")
# The three ways to say the kernel's command line; the guest knows only the line that came out.
KERNEL_LINE = ("cmdline", "root", "extra")


class Guest(NamedTuple):
    """The domain as it runs, or as it was saved (then there is no row of the listing).

    ``config`` is libxl's configuration, None when it was not asked for or is not told.
    """

    row: Row | None
    config: dict[str, Any] | None


class Wish(NamedTuple):
    """What a task wants of the configuration of one domain.

    :param properties: canonical values by option name; what is not in it is left alone.
    :param extra: other keys of xl.cfg; None removes the key.
    :param policy: ``exact`` or ``append``, for the lists of devices.
    :param host: name of the dom0, the seed of generated identities.
    """

    name: str
    properties: dict[str, Any]
    extra: dict[str, Any]
    policy: str
    host: str

    @property
    def empty(self) -> bool:
        return not self.properties and not self.extra


def may_say(config: _configfile.ConfigFile) -> list[Option]:
    """The options that the file may have something for, in the order of the table: there are hundreds of others.

    All of them for a file of xm's: what code makes is not among its keys.
    """
    if config.document is None or config.syntax != "xl":
        return list(TABLE)
    keys = {*config.document.keys(), "type"}
    return [option for option in TABLE if option.key in keys]


def on_disk(config: _configfile.ConfigFile, option: Option) -> Any:
    """The canonical value that the file has for an option, or None.

    :raises XenError: the file has something there that xl could not use; says where.
    """
    value = config.value(option.key)
    if option.name == "type" and value is None:
        value = builder_as_type(config.value("builder"))
    if value is None:
        return None
    try:
        return option.kind.from_file(option.key, value)
    except BadValue as error:
        line = config.document.line_of(option.key) if config.document else 0
        said = f"{option.key}: {error.reason}" if option.secret or option.name == "vfb" else error.message
        raise XenError(f"{config.path}: line {line}: {said}", error_id="config_value") from None


def builder_as_type(builder: Any) -> Any:
    """Before Xen 4.10 the type was said with builder: "generic" and "linux" are PV (xl.cfg(5))."""
    return {"hvm": "hvm", "generic": "pv", "linux": "pv"}.get(builder) if isinstance(builder, str) else None


def complete(wish: Wish, config: _configfile.ConfigFile, guest: Guest | None) -> dict[str, Any]:
    """The wanted properties with identities filled in: kept from file or guest, derived where there is none.

    A uuid is only added to a file that is made here; in a file of the user's, unset means leave alone.
    """
    wanted = given(wish, config, guest)
    live = guest.config if guest else None
    if not config.exists and "uuid" not in wanted:
        known = BY_NAME["uuid"].live(live) if live else _live.UNKNOWN
        wanted["uuid"] = _identity.derive_uuid(wish.host, wish.name) if known is _live.UNKNOWN else known
    for name in DEVICE_LISTS:
        if name in wanted:
            _devices.require_distinct(name, wanted[name])
            wanted[name] = _devices.merge(name, wanted[name], on_disk(config, BY_NAME[name]) or [], wish.policy)
    return wanted


def given(wish: Wish, config: _configfile.ConfigFile, guest: Guest | None) -> dict[str, Any]:
    """The properties that the task gives, each vif with its MAC."""
    wanted = dict(wish.properties)
    if "vifs" in wanted:
        live = guest.config if guest else None
        wanted["vifs"] = _with_macs(wish, wanted["vifs"], on_disk(config, BY_NAME["vifs"]) or [], _live_vifs(live))
    return wanted


def _live_vifs(live: dict[str, Any] | None) -> list[Any]:
    return BY_NAME["vifs"].live(live) if live else []


def _with_macs(wish: Wish, wanted: list[Any], filed: list[Any], live: list[Any]) -> list[Any]:
    """Give each vif without a MAC that of the vif in its place in the file or the guest, else a derived one."""
    taken = {vif.mac for vif in wanted if vif.mac}
    complete_vifs = []
    for index, vif in enumerate(wanted):
        if not vif.mac:
            known = [place[index].mac for place in (filed, live) if index < len(place) and place[index].mac]
            # one more than there are vifs, so at least one of them is free
            derived = [_identity.derive_mac(wish.host, wish.name, index + more) for more in range(len(wanted) + 1)]
            mac = next(mac for mac in known + derived if mac not in taken)
            taken.add(mac)
            vif = dataclasses.replace(vif, mac=mac)
        complete_vifs.append(_spec_vif.without_random(vif))
    return complete_vifs


def file_changes(wanted: dict[str, Any], wish: Wish, config: _configfile.ConfigFile) -> list[tuple[str, Any]]:
    """The keys of the file to set (None: to remove) so that it says what is wanted; empty when it does already."""
    changes: list[tuple[str, Any]] = []
    if config.value("name") is None:
        changes.append(("name", wish.name))
    for option in TABLE:
        if option.name in wanted and not file_agrees(option, wanted[option.name], config):
            value = wanted[option.name]
            changes.append((option.key, None if value in ("", []) else option.kind.to_file(value)))
            if option.name == "type" and config.value("builder") is not None:
                changes.append(("builder", None))
    for key, value in wish.extra.items():
        if not extra_agrees(value, config.value(key)):
            changes.append((key, value))
    return changes


def file_agrees(option: Option, value: Any, config: _configfile.ConfigFile) -> bool:
    filed = on_disk(config, option)
    if value in ("", []):
        return filed in (None, "", [])
    if option.name in DEVICE_LISTS:
        return _devices.same_set(option.name, value, filed)
    return value == filed


def extra_agrees(value: Any, filed: Any) -> bool:
    """Whether the file says this already. A number agrees with every spelling of it that xl reads (0x10, "16")."""
    if isinstance(value, int) and isinstance(filed, str):
        try:
            return to_long(filed) == int(value)
        except ValueError:
            return False
    return bool(_extra_form(value) == filed)


def _extra_form(value: Any) -> Any:
    """A value of ``extra_config`` as the parser would return it: everything is text or lists of text."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_extra_form(item) for item in value]
    return str(int(value)) if isinstance(value, bool) else str(value)


def new_text(changes: list[tuple[str, Any]], wish: Wish, config: _configfile.ConfigFile) -> str | None:
    """The text of the file after the changes; the text it has when there are none."""
    if not changes:
        return config.text
    return _configfile.edited(config, changes, HEADER.format(name=wish.name))


def kernel_line(wanted: dict[str, Any], config: _configfile.ConfigFile) -> str:
    """The kernel's command line that the file gives after the change, put together as xl does (xl_parse.c)."""
    said = {name: wanted.get(name, on_disk(config, BY_NAME[name])) or "" for name in KERNEL_LINE}
    if said["cmdline"]:
        return str(said["cmdline"])
    root = f"root={said['root']}" if said["root"] else ""
    return " ".join(part for part in (root, said["extra"]) if part)


def require_heeded(wanted: dict[str, Any], config: _configfile.ConfigFile) -> None:
    """What the task says must count.

    :raises BadValue: root or extra beside a cmdline in task or file, so that xl ignores them; or the type said twice.
    """
    if wanted.get("builder") and wanted.get("type"):
        raise BadValue("builder", wanted["builder"], "type says the same, since Xen 4.10; give one of the two.")
    if not wanted.get("cmdline", on_disk(config, BY_NAME["cmdline"])):
        return
    for name in ("root", "extra"):
        if wanted.get(name):
            raise BadValue(name, wanted[name], "xl ignores it, because cmdline is set as well; use one or the other.")
