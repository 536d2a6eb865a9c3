#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_services
short_description: Have the services of Xen in place, switched on and running on a NetBSD dom0
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Copies the rc.d scripts of the installed Xen to C(/etc/rc.d) and keeps them current, which the packages themselves
    leave to the administrator.
  - Sets the variables in C(rc.conf) that this version of Xen reads, and switches those of another version off.
  - Removes scripts that another version has left, such as C(xend).
  - Starts what is switched on and does not run, if this is really the dom0. It looks for processes, since
    C(xencommons status) always says yes.
  - Never stops or restarts anything. Without C(xenstored), running guests can be managed no more.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
    details:
      - Works before the packages are installed, and tells which scripts they will bring.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - For NetBSD. It must run as root.
options:
  version:
    description:
      - The version of Xen, such as V(4.20). Quote it, since YAML takes 4.20 for 4.2.
      - When empty, the version whose packages are installed.
    type: str
    default: ""
  state:
    description:
      - With V(started), what is switched on also runs, where this is the dom0. Guests are not started.
      - With V(prepared), nothing is started.
    type: str
    choices: [started, prepared]
    default: started
  xendomains:
    description:
      - Names of domains that start when the host boots. They are added to those of C(rc.conf).
      - When not set, the list is left alone.
    type: list
    elements: str
  xendomains_exact:
    description: Whether O(xendomains) is the whole list, so that others are taken out of it.
    type: bool
    default: false
  xendomains_config:
    description:
      - Where the config files of these domains are, with V(%s) for the name, such as V(/usr/pkg/etc/xen/%s.cfg).
      - When not set, the variable is left alone. The scripts then take C(/usr/pkg/etc/xen/%s), without an extension.
    type: str
  watchdog:
    description:
      - Whether Xen resets the host when its dom0 has not been heard of for half a minute.
      - There is no watchdog before Xen 4.1.
      - When not given, it is left as it is.
    type: bool
  xend:
    description: Whether Xen 4.2, which has both toolstacks, is to have C(xend) for C(xm) besides C(xl).
    type: bool
    default: false
  xenconsoled_trace:
    description: What C(xenconsoled) writes to C(/var/log/xen/console), from its next start on.
    type: str
    choices: [none, guest, hv, all]
  xenstored_trace:
    description: Whether C(xenstored) writes a trace to C(/var/log/xen), from its next start on.
    type: bool
  xend_debug:
    description: Whether C(xend) and C(xenbackendd) write what helps to find errors, from their next start on.
    type: bool
  backup:
    description: Keep a copy of each script in C(/var/backups), and of C(rc.conf) beside it, before they change.
    type: bool
    default: false
seealso:
  - module: netbsd.xen.xen_host_info
  - module: netbsd.xen.rc_conf
"""

EXAMPLES = r"""
- name: Have the services of the installed Xen run
  netbsd.xen.xen_services:

- name: Prepare those of Xen 4.20, start two guests at boot, and log their consoles
  netbsd.xen.xen_services:
    version: "4.20"
    xendomains: [web, db]
    xenconsoled_trace: guest
    watchdog: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample:
    - copy /usr/pkg/share/examples/rc.d/xencommons to /etc/rc.d/xencommons
    - set xencommons=YES in /etc/rc.conf
    - /etc/rc.d/xencommons start
version:
  description: The version of Xen that the services are those of.
  returned: success
  type: str
dom0:
  description: Whether this is really the dom0. If not, nothing was started.
  returned: success
  type: bool
services:
  description: The services afterwards, as M(netbsd.xen.xen_host_info) tells of them. In check mode, as they are before.
  returned: success
  type: list
  elements: dict
backup_files:
  description: Copies of the files as they were.
  returned: when O(backup) is true and something changed
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.services import _services, _services_apply


def work(module: XenModule) -> dict[str, Any]:
    params = module.params
    request = _services.Request(
        version=params["version"],
        xendomains=params["xendomains"],
        exact=params["xendomains_exact"],
        xendomains_config=params["xendomains_config"],
        watchdog=params["watchdog"],
        xend=params["xend"],
        logs={name: params[name] for name in _services.LOGS},
        start=params["state"] == "started",
    )
    probe = Probe()
    plan = _services.plan(request, probe, module.check_mode)
    result: dict[str, Any] = {
        "changed": plan.changed,
        "actions": plan.actions,
        "diff": plan.diff(),
        "version": plan.row.version,
        "dom0": plan.dom0,
        "warnings": list(plan.warnings),
    }
    if plan.changed and not module.check_mode:
        backups = _services_apply.apply(plan, probe, params["backup"])
        if params["backup"]:
            result["backup_files"] = backups
        left = _services.plan(request, probe)
        if left.changed:
            raise XenError(
                f"This is still to be done, though it was done: {'; '.join(left.actions)}.", left=left.actions
            )
    result["services"] = _services.state(plan.row, probe)
    result["warnings"] += probe.warnings
    return result


def main() -> None:
    module = XenModule(
        argument_spec={
            "version": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["started", "prepared"], "default": "started"},
            "xendomains": {"type": "list", "elements": "str"},
            "xendomains_exact": {"type": "bool", "default": False},
            "xendomains_config": {"type": "str"},
            "watchdog": {"type": "bool"},
            "xend": {"type": "bool", "default": False},
            "xenconsoled_trace": {"type": "str", "choices": ["none", "guest", "hv", "all"]},
            "xenstored_trace": {"type": "bool"},
            "xend_debug": {"type": "bool"},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
