#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_domain_command
short_description: Tell a running Xen domain (guest) to do something once
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Does one thing to one guest, each time that it is asked for; reboots it, dumps its memory, presses a key on its
    console. What a guest shall be, and stay, is declared with M(netbsd.xen.xen_domain).
  - Everything that can be known to fail is looked at first. In check mode that is all that happens.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
    details:
      - O(command=wait) and O(wait_for_console) do not wait in check mode, in which the tasks before it were not done.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A command is carried out each time, except O(command=migrate) of a guest that is there already. O(command=wait)
        changes nothing.
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  command:
    description:
      - V(reboot) asks the guest to reboot, and waits until it is back. It is, when Xen has a domain of that name with
        another id; a guest that only says that it reboots is not believed.
      - V(migrate) moves the guest to the host O(destination), and looks at both hosts before and after. A guest that is
        there already, and not here, is left as it is.
      - V(trigger) sends O(trigger), an event of the virtual hardware.
      - V(sysrq) sends O(key), a magic key of Linux guests. RV(acknowledged) says whether the guest took it.
      - V(dump_core) writes the guest's memory to the new file O(path), while the guest runs on. Pause it before, for a
        dump of one moment.
      - V(send) types O(text) on the guest's console.
      - V(wait) only waits, for O(state) or O(wait_for_console).
    type: str
    choices: [reboot, migrate, trigger, sysrq, dump_core, send, wait]
    required: true
  timeout:
    description:
      - Seconds that all waiting together may take.
      - The copying of O(command=migrate) is not cut off by it, which would leave a guest standing still; a dead
        connection ends it, by the default of O(ssh_command).
    type: int
    default: 300
  force:
    description:
      - For O(command=reboot), end a guest that is not back after O(timeout), and start it again from its config file.
        Its file systems are then as after a power failure.
    type: bool
    default: false
  config:
    description:
      - Path of its config file, for O(force) and O(move_config).
      - When not set, it is looked for as M(netbsd.xen.xen_domain) does.
    type: path
  destination:
    description:
      - Host name or address of the other dom0 for O(command=migrate), with an optional C(USER@). root of this host must
        be able to log in there by ssh as root, without a password.
      - The other host is asked before anything is done; whether it has a domain of that name, the memory, the bridges
        and the disks.
    type: str
  ssh_command:
    description: The command that reaches the O(destination), without its name. xl gives it to a shell.
    type: str
    default: ssh -o BatchMode=yes -o ServerAliveInterval=15
  live:
    description:
      - Copy the guest's memory while it runs, by C(xl migrate).
      - V(false) saves the guest into a file, copies that, and restores it on the other host. The guest stands still
        meanwhile, and both hosts need the room for the file in C(/var/lib/xen/save). When it does not start there, it
        goes on here.
      - To copy a PV guest live, Xen needs its shadow paging. Some distributors leave that out, Debian among them, and
        then PV guests can be moved with V(false) only.
    type: bool
    default: true
  disks_shared:
    description:
      - Says that both hosts have the same disks under the same paths, as with NFS, iSCSI or DRBD. Disks are never
        copied, and a guest that has some is not moved without this.
    type: bool
    default: false
  move_config:
    description:
      - After the guest has moved, copy its config file to the same path on the other host, and remove it here, together
        with what starts the guest when this host boots.
      - When V(false), the file stays here, and the other host has none. A guest that is started at boot of this host is
        warned of, since it would then run on both.
    type: bool
    default: false
  trigger:
    description: The event for O(command=trigger). PV guests know V(nmi) only.
    type: str
    choices: [nmi, reset, init, power, sleep, s3resume]
  vcpu:
    description: The vcpu that gets the O(trigger).
    type: int
    default: 0
  key:
    description: The magic key for O(command=sysrq), one letter or digit.
    type: str
  path:
    description: File on the host for O(command=dump_core). It must not exist yet.
    type: path
  text:
    description:
      - What to type for O(command=send). A newline in it is the return key.
      - When it is a password, set C(no_log) for the task.
    type: str
  state:
    description: The state to wait for with O(command=wait). V(stopped) is gone from Xen.
    type: str
    choices: [running, paused, stopped]
  wait_for_console:
    description:
      - After the command, wait until the guest's console shows this regular expression (of Python; C(^) and C($) match
        at lines). Only what the console says since the beginning of the task counts, or since O(console_position).
      - The console is read from the log that C(xenconsoled) keeps when it was started with C(--log=guest); on NetBSD
        and Linux by C(XENCONSOLED_TRACE=guest). Without a log it is read from the guest's terminal, which takes the
        text away from whoever looks there later; never while somebody is at C(xl console).
    type: str
  console_position:
    description:
      - Where in the log of the console to begin, in bytes; RV(console_position) of an earlier task. V(0) is its
        beginning, which may be some lives of the guest ago.
    type: int
notes:
  - xl works for root only, so connect as root or use C(become).
seealso:
  - module: netbsd.xen.xen_console
    description: Runs a command on the console, logs in, and answers prompts.
  - module: netbsd.xen.xen_domain
  - name: xl(1)
    description: The commands of the toolstack.
    link: https://xenbits.xen.org/docs/unstable/man/xl.1.html
"""

EXAMPLES = r"""
- name: Reboot a guest, and be sure that it did
  netbsd.xen.xen_domain_command:
    name: web
    command: reboot
    timeout: 180
    force: true
    wait_for_console: "login: $"

- name: Move a guest to another host, with its config file
  netbsd.xen.xen_domain_command:
    name: web
    command: migrate
    destination: xen2.example.org
    disks_shared: true
    move_config: true

- name: Wait until a guest has shut down, as an installer does at its end
  netbsd.xen.xen_domain_command:
    name: web
    command: wait
    state: stopped
    timeout: 3600

- name: Let a hanging Linux guest tell what its tasks are doing
  netbsd.xen.xen_domain_command:
    name: db
    command: sysrq
    key: t

- name: Keep its memory for later
  netbsd.xen.xen_domain_command:
    name: db
    command: dump_core
    path: /var/tmp/db.core

- name: Answer a question on the console
  netbsd.xen.xen_domain_command:
    name: web
    command: send
    text: "exit\n"
    wait_for_console: "syncing disks"
"""

RETURN = r"""
actions:
  description: What was done, in order; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["xl reboot web"]
domain:
  description: The domain after the task. In check mode its C(state) is the one that it would have.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    state:
      description: C(running), C(paused), C(stopped), C(shutdown), C(crashed) or C(dying).
      type: str
    domid:
      description: Its id, null when it does not run.
      type: int
    memory:
      description: Memory that it has, in MiB.
      type: int
    vcpus:
      description: Number of its vcpus that are on.
      type: int
console_position:
  description: Where the log of its console ended when the task began, in bytes; null when no log is kept.
  returned: success, not in check mode
  type: int
console_line:
  description: The line of the console in which O(wait_for_console) was found.
  returned: when O(wait_for_console) is set, not in check mode
  type: str
destination:
  description: The host where the guest is now.
  returned: O(command=migrate), not in check mode
  type: str
destination_domid:
  description: Its domain id there.
  returned: O(command=migrate), not in check mode
  type: int
old_domid:
  description: Its id before the reboot.
  returned: O(command=reboot), not in check mode
  type: int
cpu_seconds:
  description: CPU time that it has used since it is back.
  returned: O(command=reboot), not in check mode
  type: float
forced:
  description: Whether it had to be ended by force.
  returned: O(command=reboot), not in check mode
  type: bool
seconds:
  description: How long it took to be back in Xen.
  returned: O(command=reboot), not in check mode
  type: float
acknowledged:
  description: Whether the guest took the key; null when that cannot be seen.
  returned: O(command=sysrq), not in check mode
  type: bool
path:
  description: The file with the dump.
  returned: O(command=dump_core), not in check mode
  type: str
size:
  description: Its size in bytes.
  returned: O(command=dump_core), not in check mode
  type: int
error_id:
  description:
    - The kind of error, for programs. Among them C(not_running), C(timeout), C(crashed), C(died), C(would_not_restart),
      C(destination_unreachable), C(destination_not_ready), C(name_in_use), C(disks_not_shared), C(has_pci),
      C(migration_failed), C(migration_undefined), C(interrupted_migration), C(trigger_refused), C(file_exists),
      C(disk_full), C(console_in_use), C(no_console), C(no_config).
  returned: failure
  type: str
console:
  description: The last lines of its console, without control characters.
  returned: failure while waiting
  type: list
  elements: str
xl_log:
  description: The last lines of what xl noted of its end.
  returned: failure, when the guest has died
  type: list
  elements: str
reason:
  description: Why it ended, C(poweroff), C(reboot), C(crash), C(watchdog) and others; null when xl does not tell.
  returned: failure, when the guest has died
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain_command import COMMANDS, CommandTask
from ansible_collections.netbsd.xen.plugins.module_utils.domain._guest_commands import STATES, TRIGGERS
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._peer import SSH


def main() -> None:
    spec = dict(
        name={"type": "str", "required": True},
        command={"type": "str", "choices": list(COMMANDS), "required": True},
        timeout={"type": "int", "default": 300},
        force={"type": "bool", "default": False},
        config={"type": "path"},
        destination={"type": "str"},
        ssh_command={"type": "str", "default": SSH},
        live={"type": "bool", "default": True},
        disks_shared={"type": "bool", "default": False},
        move_config={"type": "bool", "default": False},
        trigger={"type": "str", "choices": list(TRIGGERS)},
        vcpu={"type": "int", "default": 0},
        key={"type": "str", "no_log": False},
        path={"type": "path"},
        text={"type": "str"},
        state={"type": "str", "choices": list(STATES)},
        wait_for_console={"type": "str"},
        console_position={"type": "int"},
        **common_spec(),
    )
    module = XenModule(
        argument_spec=spec,
        supports_check_mode=True,
        required_if=[
            ("command", "migrate", ["destination"]),
            ("command", "trigger", ["trigger"]),
            ("command", "sysrq", ["key"]),
            ("command", "dump_core", ["path"]),
            ("command", "send", ["text"]),
            ("command", "wait", ["state", "wait_for_console"], True),
        ],
    )
    run(module, lambda: CommandTask(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
