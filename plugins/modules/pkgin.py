#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pkgin
short_description: Manage packages of pkgsrc with pkgin
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Installs, upgrades and removes binary packages of pkgsrc.
  - What is installed is what C(pkg_info) says, however it came there. C(pkgin) is asked only when something is missing,
    for all packages in one run.
  - Names are names and never patterns, so that C(gtk2+) and C(libsigc++) are found too.
  - Nothing is removed before what comes in its place has been downloaded, and afterwards C(pkg_info) is asked again.
  - Waits for other runs of C(pkgin), C(pkg_add) and C(pkg_delete), such as one that an interrupted play has left, and
    installs anew what was interrupted itself.
  - Works with C(pkgin) of the years 2010 to 2026.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
    details:
      - Asks the repositories, so the result names versions and dependencies, and errors are those of a real run.
      - C(pkgin) may bring its own lists of packages up to date meanwhile.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - With O(state=latest), as long as the repositories have nothing newer.
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - Written for NetBSD. It must run as root.
options:
  name:
    description:
      - Names of packages, such as V(xentools420).
      - With a version, such as V(xentools420-20260317), that one and no other is right.
    type: list
    elements: str
    aliases: [names, pkg]
    default: []
  state:
    description:
      - With V(present), packages that are installed are left alone, whatever there is in the repository.
      - With V(latest), they are brought up to what the repository has.
      - With V(absent), they are removed.
    type: str
    choices: [present, absent, latest]
    default: present
  replaces:
    description:
      - Packages that cannot be there together with those of O(name), such as the C(xentools) of another version. They
        are removed when those of O(name) have been downloaded.
      - Names that are not installed do no harm.
    type: list
    elements: str
    default: []
  remove_dependents:
    description: Whether other packages that need a removed one may be removed with it. If not, that is an error.
    type: bool
    default: false
  rc_scripts:
    description:
      - Whether the packages' scripts for C(/etc/rc.d) are copied there when they are installed.
      - If not, they are in C(/usr/pkg/share/examples/rc.d) only, unless the host says otherwise.
    type: bool
    default: false
  repositories:
    description:
      - URLs of the repositories, as in C(/usr/pkg/etc/pkgin/repositories.conf). C($arch) and C($osrelease) stand for
        those of the host.
      - When not set, the file is left alone.
      - On a host without C(pkgin), C(pkg_add) installs it from the first one.
    type: list
    elements: str
  repositories_mode:
    description: Whether these are all repositories, or come after those that the host has.
    type: str
    choices: [exact, append]
    default: exact
  update_cache:
    description: Fetch the lists of packages first. That alone does not count as a change.
    type: bool
    default: false
  cache_valid_time:
    description: With O(update_cache=true), lists that are younger than this number of seconds are good enough.
    type: int
    default: 0
  backup:
    description: Keep a copy of C(repositories.conf) beside it when it changes.
    type: bool
    default: false
  timeout:
    description: How long one run of C(pkgin) may take, in seconds.
    type: int
    default: 3600
seealso:
  - module: netbsd.xen.xen_host_info
"""

EXAMPLES = r"""
- name: Install Xen, in place of an older one
  netbsd.xen.pkgin:
    name: [xenkernel420, xentools420]
    replaces: [xentools418]
    rc_scripts: true

- name: Install one version, from a repository of one's own
  netbsd.xen.pkgin:
    name: xentools418-20260317
    repositories: ["https://packages.example.org/NetBSD/$arch/$osrelease/All"]

- name: Bring two packages up to date, with lists of packages not older than an hour
  netbsd.xen.pkgin:
    name: [ovmf, rsync]
    state: latest
    update_cache: true
    cache_valid_time: 3600

- name: Remove a package and what needs it
  netbsd.xen.pkgin:
    name: grub
    state: absent
    remove_dependents: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, dependencies included.
  returned: success
  type: list
  elements: str
  sample: ["remove xentools418-20260317", "install xentools420-20260317"]
packages:
  description: Versions of the wanted packages, by name. In check mode, as they are before the change.
  returned: success
  type: dict
  sample: {"xentools420": "20260317"}
cache_updated:
  description: Whether the lists of packages were fetched.
  returned: success
  type: bool
stdout:
  description: What pkgin said, with the messages of the packages.
  returned: when packages were changed
  type: str
backup_file:
  description: Copy of C(repositories.conf) as it was.
  returned: when O(backup) is true and the file was changed
  type: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.packages import (
    _pkgin_journal,
    _pkgin_plan,
    _pkgin_repositories,
    _pkgsrc,
)
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin import Pkgin


def work(module: XenModule) -> dict[str, Any]:
    params = module.params
    request = _pkgin_plan.Request(
        _pkgsrc.wanted(params["name"]),
        params["state"],
        _pkgsrc.wanted(params["replaces"], "replaces"),
        params["remove_dependents"],
    )
    repositories = _pkgin_repositories.plan(
        params["repositories"], params["repositories_mode"], _pkgin_repositories.read()
    )
    # pkgin is asked about the repositories that the host will have, before its file is written
    urls = repositories.urls if repositories.changed else []
    pkgin = Pkgin(params["rc_scripts"], urls, params["timeout"])
    _pkgin_journal.wait_for_others(params["timeout"])
    updated = False
    if params["update_cache"] and not module.check_mode and _pkgsrc.tool("pkgin"):
        updated = _pkgin_plan.refresh(pkgin, params["cache_valid_time"])
    plan = _pkgin_plan.plan(request, repositories, pkgin)
    result = {
        "changed": plan.changed,
        "actions": plan.actions,
        "diff": plan.diff(),
        "packages": _pkgin_plan.versions(request, plan.installed),
        "cache_updated": updated,
        "warnings": list(plan.warnings),
    }
    if plan.changed and not module.check_mode:
        result.update(_done(plan, request, pkgin, params))
    return result


def _done(plan: _pkgin_plan.Plan, request: _pkgin_plan.Request, pkgin: Pkgin, params: dict[str, Any]) -> dict[str, Any]:
    actions = plan.actions
    if plan.bootstrap:
        _pkgin_plan.bootstrap(plan.bootstrap, params["timeout"])
        first = [action for action in actions if action.startswith("install pkgin from ")]
        # now pkgin can tell what it would do
        plan = _pkgin_plan.plan(request, plan.repositories, pkgin)
        actions = [*first, *plan.actions]
    done = _pkgin_plan.apply(plan, request, pkgin, params["backup"])
    return {"actions": actions, "warnings": done.pop("warnings"), **{key: one for key, one in done.items() if one}}


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "list", "elements": "str", "aliases": ["names", "pkg"], "default": []},
            "state": {"type": "str", "choices": ["present", "absent", "latest"], "default": "present"},
            "replaces": {"type": "list", "elements": "str", "default": []},
            "remove_dependents": {"type": "bool", "default": False},
            "rc_scripts": {"type": "bool", "default": False},
            "repositories": {"type": "list", "elements": "str"},
            "repositories_mode": {"type": "str", "choices": ["exact", "append"], "default": "exact"},
            "update_cache": {"type": "bool", "default": False},
            "cache_valid_time": {"type": "int", "default": 0},
            "backup": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
