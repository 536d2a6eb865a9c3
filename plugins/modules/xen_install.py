#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_install
short_description: Take a guest through its own installer, and then run what was installed
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Declares a guest that is installed by an installer at its console, with two configs. The first one has the kernel
    and the CD of the installer; the second one, what was installed.
  - The first run starts the guest with O(install). When the guest has powered off, the next run, or this one if
    O(timeout) lets it wait, writes O(final) and starts it. From then on O(final) is kept, as
    M(netbsd.xen.xen_domain) keeps it.
  - While the installer runs, C(on_poweroff) and C(on_reboot) are V(destroy), so that a reboot does not begin the
    installation again, and C(on_crash) is V(preserve).
  - Which of the two it is, is kept in C(/var/db/netbsd-xen/NAME.phase.json). An installer is never started over a guest
    that was there before.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
    details:
      - The installer is not waited for.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: Name of the guest.
    type: str
    required: true
  install:
    description:
      - The guest while its installer runs, with the options of M(netbsd.xen.xen_domain). O(name), O(toolstack) and
        O(config_dir) are said once, in the task itself.
    type: dict
    required: true
  final:
    description:
      - The guest from then on, with the same options. C(state) is V(running) if it says none.
      - A property that only O(install) has is removed from the config file.
    type: dict
    required: true
  timeout:
    description: Seconds to wait for the installer to end, which takes a person at the console. V(0) does not wait.
    type: int
    default: 0
  phase:
    description:
      - V(auto) goes on with what is known of the guest.
      - V(install) begins again, when the guest does not run. It does so each time.
      - V(final) takes it for installed.
    type: str
    choices: [auto, install, final]
    default: auto
seealso:
  - module: netbsd.xen.xen_domain
  - module: netbsd.xen.netbsd_install
"""

EXAMPLES = r"""
- name: A NetBSD guest that somebody installs with sysinst
  netbsd.xen.xen_install:
    name: mail
    install:
      type: pv
      kernel: /netbsd-INSTALL_XEN3_DOMU-10.1.gz
      memory: 256
      disks:
        - {target: /home/xen/mail.img, vdev: "0x0", size: 8G}
        - {target: /home/iso/NetBSD-10.1-amd64.iso, vdev: "0x1", access: r, devtype: cdrom}
      vifs: [{bridge: bridge0}]
    final:
      type: pv
      kernel: /netbsd-XEN3_DOMU-10.1.gz
      root: xbd0
      memory: 512
      disks: [{target: /home/xen/mail.img, vdev: "0x0"}]
      vifs: [{bridge: bridge0}]
  register: mail

- name: Say what to do at the console
  ansible.builtin.debug:
    msg: "Run `{{ mail.console }}` in the dom0, install, and power off by `halt -p`. Then run this play again."
  when: mail.phase == 'install'
"""

RETURN = r"""
phase:
  description: V(install) while the installer runs, V(final) from then on. In check mode, what it would be.
  returned: success
  type: str
console:
  description: The command by which a person in the dom0 comes to the installer. Null in the phase V(final).
  returned: success
  type: str
  sample: xl console mail
actions:
  description: The steps that were done, or in check mode would be, in order.
  returned: success
  type: list
  elements: str
domain:
  description: The guest, as M(netbsd.xen.xen_domain) returns it, when the task has looked at its config.
  returned: when the installer was started, or in the phase V(final)
  type: dict
restart_required:
  description: As of M(netbsd.xen.xen_domain).
  returned: when the installer was started, or in the phase V(final)
  type: bool
error_id:
  description:
    - The kind of error, for programs. Among them C(domain_exists), C(installer_crashed), C(installer_runs),
      C(phase_unknown), C(timeout), and those of M(netbsd.xen.xen_domain).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.installer import _phases


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "install": {"type": "dict", "required": True},
            "final": {"type": "dict", "required": True},
            "timeout": {"type": "int", "default": 0},
            "phase": {"type": "str", "choices": list(_phases.PHASES), "default": _phases.AUTO},
            **common_spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: _phases.InstallTask(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
