# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_domains
short_description: The guests of Xen hosts as an inventory
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Asks each dom0 for its guests, with C(xl) or C(xm), and makes hosts of them, in groups by dom0, state, type and
    bridge.
  - All dom0s are asked in parallel, over OpenSSH, each with one connection and one command. Nothing is needed on them
    but C(sh) and the toolstack, no Python. A dom0 that does not answer in time is a warning; O(unreachable=error) makes
    it a failure.
  - The file must be named C(xen_domains.yml), C(xen_domains.yaml), or something that ends with that, such as
    C(fleet.xen_domains.yml).
  - Everything that a guest or a dom0 says is data. It is not trusted as a template, so braces in the name of a guest
    are no more than that.
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - netbsd.xen.fleet
options:
  plugin:
    description: The name of this plugin; a file that says another one is not for it.
    type: str
    required: true
    choices: [netbsd.xen.xen_domains]
  unreachable:
    description:
      - What a dom0 that does not answer is, or one that answers with an error.
      - V(warning) leaves its guests out. V(error) makes the whole source fail.
    type: str
    choices: [warning, error]
    default: warning
  forks:
    description: How many dom0s are asked at the same time.
    type: int
    default: 25
  hostname:
    description:
      - A Jinja expression that names the guest in the inventory, from its variables as below. For example,
        C(xen_name ~ '.' ~ xen_dom0) tells apart guests of one name that live on several dom0s.
      - Characters that have a meaning in host patterns, blanks among them, become underscores.
      - A guest that exists goes before guests of the same name that are only configured. When several of a name exist,
        all of them are called C(NAME.DOM0), with a warning. So is a guest whose name is that of a dom0, of a group, or
        C(localhost).
    type: str
    default: xen_name
  group_by:
    description: The groups that are made; O(keyed_groups) makes others.
    type: list
    elements: str
    choices: [dom0, state, type, bridge, version]
    default: [dom0, state, type, bridge]
  group:
    description: The group of all guests. The names of the groups of O(group_by) begin with V(xen_).
    type: str
    default: xen_domains
  set_ansible_host:
    description:
      - Set C(ansible_host) of a guest to the first IPv4 address that is known of it, else to the first IPv6 address.
      - It is always an address and never a name. See O(address_sources) for who can say what it is.
    type: bool
    default: true
  filters:
    description:
      - Which guests to take, as a list of dictionaries with one of the keys C(include) and C(exclude), the value of
        which is a Jinja condition over the variables of a guest. The first condition that is true decides; a guest for
        which none is, is taken.
      - A condition that cannot be evaluated is an error.
    type: list
    elements: dict
    default: []
notes:
  - Variables of a guest are C(xen_name), C(xen_dom0), C(xen_domid) (none when it does not run), C(xen_state)
    (C(running), C(paused), C(shutdown), C(crashed), C(dying) or C(stopped)), C(xen_type) (C(pv), C(hvm), C(pvh) or
    C(unknown)), C(xen_uuid), C(xen_memory) (MiB), C(xen_vcpus), C(xen_vifs) (a list of C(mac), C(bridge) and
    C(addresses)), C(xen_disks) (a list of C(vdev), C(target), C(format) and C(access), which is C(rw) or C(ro)),
    C(xen_macs), C(xen_bridges), C(xen_addresses), and C(xen_config) (the path of its config file, only with
    O(configured)).
  - Variables of a guest that tell of its dom0 are C(xen_toolstack) (C(xl) or C(xm)), C(xen_version) (such as C(4.17))
    and C(xen_system) (C(NetBSD), C(Linux)).
  - A cache keeps the answer of each dom0. One that did not answer is asked again the next time, and so is one whose
    options are others than they were.
  - A dom0 is believed in what it says of its own guests only. An address that another dom0 has seen is not taken.
  - With a dom0 in front of a guest, C(ansible_ssh_common_args) in O(compose) can go through it, as the example shows.
requirements:
  - OpenSSH on the controller
seealso:
  - module: netbsd.xen.xen_domain_info
"""

EXAMPLES = r"""
# fleet.xen_domains.yml: two kinds of dom0s, all asked as root
plugin: netbsd.xen.xen_domains
dom0s:
  - xen[01:20].example.org
  - name: old[1:3].example.org
    toolstack: xm

---
# the dom0s are the hosts of a group in another file of the same folder, which comes before this one in the alphabet
plugin: netbsd.xen.xen_domains
dom0_groups: [dom0s]
configured: true
filters:
  - exclude: xen_name is match('test-')
  - include: xen_type == 'pv'
  - exclude: true

---
# as a user with sudo; guests by their memory and by the Xen that they run on; all of it cached for ten minutes
plugin: netbsd.xen.xen_domains
dom0s: ["xen[1:3].example.org"]
user: ops
become: true
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.ansible/cache/xen
cache_timeout: 600
group_by: [dom0, state, version]
keyed_groups:
  - prefix: system
    key: xen_system
groups:
  large: xen_memory >= 4096
compose:
  # through the dom0 when the guests are in a network of its own; the dom0's name is the inventory's
  ansible_ssh_common_args: "'-o ProxyJump=' ~ xen_dom0"
"""

from typing import Any, Iterator

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.plugin_utils import (
    _fleet_addresses,
    _fleet_names,
    _fleet_settings,
    _fleet_ssh,
)

_FILES = ("xen_domains.yml", "xen_domains.yaml")
_OF_DOM0 = ("toolstack", "version", "system")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The guests of all dom0s; see DOCUMENTATION."""

    NAME = "netbsd.xen.xen_domains"
    inventory: Any  # set by parse(), before anything of here looks at it
    # What dom0s and guests say is never a template; that of the plugin's own file is, and is trusted by its loader.
    trusted_by_default = False

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(_FILES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory.

        :raises AnsibleParserError: the file is wrong, or with ``unreachable: error`` a dom0.
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            fleet = self._fleet()
            if not fleet:
                self.display.warning(f"{path}: there is no dom0 to ask; see `dom0s` and `dom0_groups`.")
            told = self._told(fleet, path, cache)
            self._report(told)
            self._add_all(self._guests(told), {settings.name for settings in fleet})
        except XenError as error:
            raise AnsibleParserError(f"{path}: {error.message}") from error

    # Who is asked

    def _fleet(self) -> list[_fleet_settings.Settings]:
        """The settings of each dom0, by name once: what the file says of one goes before what its group does."""
        options = {name: self.get_option(name) for name in _fleet_settings.OWN if self.has_option(name)}
        fleet = {name: _fleet_settings.of_dom0(name, options, own) for name, own in self._of_groups()}
        fleet.update((name, _fleet_settings.of_dom0(name, options, own)) for name, own in self._of_file())
        return list(fleet.values())

    def _of_file(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The dom0s of the plugin's file, ranges in their names expanded as Ansible does."""
        for entry in self.get_option("dom0s"):
            own = {"name": entry} if isinstance(entry, str) else entry
            if not isinstance(own, dict) or not isinstance(own.get("name"), str):
                raise AnsibleParserError(f"dom0s: {entry!r}: give a name, or a dictionary with a name and options.")
            names, port = self._expand_hostpattern(own["name"])
            rest = {key: value for key, value in own.items() if key != "name"}
            for name in names:
                yield name, {"port": port, **rest}

    def _of_groups(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The dom0s of other sources, with what their variables say of the way to them."""
        for group_name in self.get_option("dom0_groups"):
            group = self.inventory.groups.get(group_name)
            if group is None:
                self.display.warning(
                    f"dom0_groups: no group {group_name} yet: sources are read in their order, files of a folder in "
                    "that of the alphabet."
                )
                continue
            for host in group.get_hosts():
                variables = self._variables_of(host)
                self.templar.available_variables = variables
                told = {
                    name: self.templar.template(variables[name])
                    for name in _fleet_settings.VARIABLES
                    if name in variables
                }
                yield host.name, _fleet_settings.from_variables(told)

    def _variables_of(self, host: Any) -> dict[str, Any]:
        """Variables of a host that other sources, and files of group_vars and host_vars, give it."""
        sources = getattr(self.inventory, "processed_sources", [])
        found: dict[str, Any] = {}
        for entities, own in ((host.get_groups(), get_group_vars(host.get_groups())), ([host], host.get_vars())):
            found = combine_vars(found, own)
            found = combine_vars(found, get_vars_from_inventory_sources(self.loader, sources, entities, "all"))
        return found

    # What they say

    def _told(self, fleet: list[_fleet_settings.Settings], path: str, cache: bool) -> list[_fleet_ssh.Told]:
        """The answers of all, from the cache if it has them."""
        caching = self.get_option("cache")
        key = self.get_cache_key(path)
        kept: dict[str, Any] = self._cache.get(key, {}) if caching and cache and key in self._cache else {}
        known = {
            settings.name: _fleet_ssh.Told(settings.name, kept[settings.name]["data"], "", [])
            for settings in fleet
            if settings.name in kept and kept[settings.name]["settings"] == settings.described()
        }
        asked = [settings for settings in fleet if settings.name not in known]
        fresh = {told.name: told for told in _fleet_ssh.ask_all(asked, self._client(), self.get_option("forks"))}
        if caching and asked:
            answers = {**known, **{name: told for name, told in fresh.items() if told.data is not None}}
            self._cache[key] = {
                settings.name: {"data": answers[settings.name].data, "settings": settings.described()}
                for settings in fleet
                if settings.name in answers
            }
        return [known.get(settings.name) or fresh[settings.name] for settings in fleet]

    def _client(self) -> _fleet_ssh.Client:
        return _fleet_ssh.Client(
            str(self.get_option("ssh_executable")),
            str(self.get_option("control_path_dir")),
            bool(self.get_option("host_key_checking")),
        )

    def _report(self, told: list[_fleet_ssh.Told]) -> None:
        problems = [f"dom0 {one.name}: {one.problem}" for one in told if one.problem]
        if problems and self.get_option("unreachable") == "error":
            raise AnsibleParserError(" ".join(problems))
        for problem in problems:
            self.display.warning(f"{problem.rstrip('.')}. Its guests are not in the inventory.")
        for one in told:
            for warning in one.warnings:
                self.display.warning(f"dom0 {one.name}: {warning}")

    # What becomes of it

    def _guests(self, told: list[_fleet_ssh.Told]) -> Iterator[tuple[str, dict[str, Any]]]:
        """(wished name, variables) of the guests that the filters let through."""
        hostname = self.get_option("hostname")
        for one in told:
            for guest in (one.data or {}).get("guests", []):
                variables = self._variables(one.name, one.data or {}, guest)
                if self._wanted(variables):
                    name = variables["xen_name"] if hostname == "xen_name" else self._compose(hostname, variables)
                    yield str(name), variables

    def _variables(self, dom0: str, data: dict[str, Any], guest: dict[str, Any]) -> dict[str, Any]:
        vifs = guest["vifs"]
        found = {f"xen_{key}": value for key, value in guest.items()}
        found.update({f"xen_{key}": data[key] for key in _OF_DOM0})
        found["xen_dom0"] = dom0
        found["xen_macs"] = _once(vif["mac"] for vif in vifs)
        found["xen_bridges"] = _once(vif["bridge"] for vif in vifs)
        found["xen_addresses"] = _once(address for vif in vifs for address in vif["addresses"])
        address = _fleet_addresses.preferred(found["xen_addresses"])
        if address and self.get_option("set_ansible_host"):
            found["ansible_host"] = address
        return found

    def _wanted(self, variables: dict[str, Any]) -> bool:
        self.templar.available_variables = variables
        for rule in self.get_option("filters"):
            if len(rule) != 1 or not set(rule) <= {"include", "exclude"}:
                raise AnsibleParserError(f"filters: {rule!r}: give one of include and exclude.")
            ((word, condition),) = rule.items()
            try:
                if self.templar.evaluate_conditional(condition):
                    return bool(word == "include")
            except AnsibleError as error:
                raise AnsibleParserError(
                    f"filters: {condition!r} of guest {variables['xen_name']!r}: {error}"
                ) from error
        return True

    def _add_all(self, guests: Iterator[tuple[str, dict[str, Any]]], dom0s: set[str]) -> None:
        strict = self.get_option("strict")
        named, warnings = _fleet_names.named(list(guests), {*dom0s, *self.inventory.groups})
        for warning in warnings:
            self.display.warning(warning)
        everyone = self.inventory.add_group(self._sanitize_group_name(self.get_option("group")))
        for host, variables in named:
            self.inventory.add_host(host, group=everyone)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            for group in self._groups_of(variables):
                self.inventory.add_child(self.inventory.add_group(group), host)
            self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
            composed = self.inventory.get_host(host).get_vars()
            self._add_host_to_composed_groups(self.get_option("groups"), composed, host, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), composed, host, strict=strict)

    def _groups_of(self, variables: dict[str, Any]) -> list[str]:
        values = {
            "dom0": [variables["xen_dom0"]],
            "state": [variables["xen_state"]],
            "type": [variables["xen_type"]],
            "bridge": variables["xen_bridges"],
            "version": [variables["xen_version"]],
        }
        kinds = self.get_option("group_by")
        return [self._sanitize_group_name(f"xen_{kind}_{value}") for kind in kinds for value in values[kind] if value]


def _once(values: Any) -> list[Any]:
    """The values that are there, each once, in their order."""
    return list(dict.fromkeys(value for value in values if value))
