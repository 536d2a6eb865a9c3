# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""How each dom0 of a fleet is reached and asked: options of the inventory plugin, and those of one dom0 alone."""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

# An address that ssh could take for an option, or a shell for more than a word, is none.
_ADDRESS = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*\Z")
_TRUE, _FALSE = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_CONNECTIONS = ("ssh", "local")
_TOOLSTACKS = ("auto", "xl", "xm")


class Settings(NamedTuple):
    """One dom0; the fields are the options of the plugin by the same names, see its documentation.

    :param name: as the inventory calls it. :param host: where ssh goes.
    """

    name: str
    host: str
    connection: str = "ssh"
    port: int | None = None
    user: str = ""
    private_key_file: str = ""
    ssh_args: str = ""
    ssh_common_args: str = ""
    control_path: str = ""
    become: bool = False
    become_command: str = "sudo -n"
    toolstack: str = "auto"
    xl: str = "xl"
    xm: str = "xm"
    path: tuple[str, ...] = ()
    configured: bool = False
    config_dirs: tuple[str, ...] = ()
    lease_files: tuple[str, ...] = ()
    address_sources: tuple[str, ...] = ()
    connect_timeout: int = 5
    timeout: int = 30

    def described(self) -> dict[str, Any]:
        """What an answer depends on, for a cache: another user or path may see other guests."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self._asdict().items()}


# What a dom0 may have of its own; its name is not an option, and "host" is its address.
OWN = tuple(field for field in Settings._fields if field != "name")
_LISTS = ("path", "config_dirs", "lease_files", "address_sources")
_NUMBERS = ("port", "connect_timeout", "timeout")
_BOOLEANS = ("become", "configured")
_CHOICES = {"connection": _CONNECTIONS, "toolstack": _TOOLSTACKS}

# Variables of a dom0 that is a host of another inventory source, the first that is there. Ansible's own names.
_VARIABLES = {
    "host": ("ansible_host", "ansible_ssh_host"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "private_key_file": ("ansible_ssh_private_key_file", "ansible_private_key_file"),
    "ssh_args": ("ansible_ssh_args",),
    "control_path": ("ansible_control_path",),
    "become": ("ansible_become",),
    "toolstack": ("xen_toolstack",),
}
_EXTRA_ARGS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
# All that from_variables() looks at
VARIABLES = (
    *(name for names in _VARIABLES.values() for name in names),
    *_EXTRA_ARGS,
    "ansible_become_method",
    "ansible_connection",
    "xen_config_dir",
)
_BECOME_COMMANDS = {"sudo": "sudo -n", "doas": "doas -n"}


def of_dom0(name: str, options: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> Settings:
    """The settings of one dom0: its own before those of all.

    :param options: the plugin's options, by the names of ``Settings``.
    :param own: what the plugin's file says of this dom0 only.
    :raises BadValue: no such option, or a value that it cannot have.
    """
    own = own or {}
    unknown = sorted(set(map(str, own)) - set(OWN))
    if unknown:
        raise BadValue("dom0s", name, f"no such option of a dom0: {', '.join(unknown)}. There are: {', '.join(OWN)}.")
    given = {key: value for key, value in {**options, **own}.items() if key in OWN and value is not None}
    values = {key: _value(name, key, value) for key, value in given.items()}
    values.setdefault("host", str(name))
    settings = Settings(name=str(name), **values)
    if settings.connection == "ssh" and not _ADDRESS.match(settings.host):
        raise BadValue("dom0s", settings.host, "this is no host name and no address; set `host` to where ssh shall go.")
    return settings


def _value(dom0: str, key: str, value: Any) -> Any:
    """A value of an option in the type that ``Settings`` has.

    Plain ``str`` and ``int``, so that nothing of Ansible's (trust in templates above all) goes any further.
    """
    place = f"{key} of {dom0}"
    if key in _LISTS:
        return tuple(str(item) for item in ([value] if isinstance(value, str) else value))
    if key in _NUMBERS:
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = 0
        if not 0 < number < 65536:
            raise BadValue(place, value, "give a number from 1 to 65535.")
        return number
    if key in _BOOLEANS:
        word = str(value).lower()
        if word not in _TRUE + _FALSE:
            raise BadValue(place, value, "give true or false.")
        return word in _TRUE
    if key in _CHOICES and value not in _CHOICES[key]:
        raise BadValue(place, value, f"give one of {', '.join(_CHOICES[key])}.")
    return str(value)


def from_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a dom0's variables of the inventory say of the way to it: options of its own.

    :param variables: those of ``VARIABLES`` that it has, with no templates in them any more.
    """
    own: dict[str, Any] = {}
    for option, names in _VARIABLES.items():
        found = next((variables[name] for name in names if variables.get(name) not in (None, "")), None)
        if found is not None:
            own[option] = found
    extra = [str(variables[name]) for name in _EXTRA_ARGS if name in variables]
    if any(extra):
        own["ssh_common_args"] = " ".join(extra)
    command = _BECOME_COMMANDS.get(str(variables.get("ansible_become_method")))
    if command:
        own["become_command"] = command
    if variables.get("ansible_connection") == "local":
        own["connection"] = "local"
    if variables.get("xen_config_dir"):
        own["config_dirs"] = [variables["xen_config_dir"]]
    return own
