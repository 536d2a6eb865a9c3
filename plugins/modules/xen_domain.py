#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_domain
short_description: Keep a Xen domain (guest) as declared
version_added: 0.1.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps the config file of a domain, and the domain itself, as the task declares them.
  - Every task first reads what the file says and what the running guest is, then makes a plan, and then does the steps
    of that plan. C(--check --diff) prints the same plan without doing it.
  - A property that the task does not give is left alone, in the file and in the guest. Comments, order, quoting and
    unknown keys of an existing config file survive; only the values that change are edited.
  - Nothing is stopped or restarted unless the task says so. When the running guest lacks something that only a restart
    brings, the file is written and RV(restart_required) is returned.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
  - netbsd.xen.domain
  - netbsd.xen.domain_devices
  - netbsd.xen.domain_hvm
  - netbsd.xen.domain_display
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The config file and the state. Passwords are masked.
  idempotent:
    support: partial
    details:
      - O(state=restarted) restarts each time.
options:
  name:
    description:
      - Name of the domain. Letters, digits and C(_ . + -), at most 40 characters, and not only digits, which xl would
        take for a domain id.
    type: str
    required: true
  renamed_from:
    description:
      - The name that the domain had before, when it shall be called O(name) now. Its config file, the running guest and
        its start at boot are renamed, without a restart. Its console and xl's log stay where they are until then.
      - When there is no domain of the old name, nothing is renamed; so it may stay in the task. When there are both,
        the task fails. A saved domain is not renamed, since its name is in the save file.
    type: str
    version_added: 0.3.0
  state:
    description:
      - V(present) manages the config file only, also on a host that does not run Xen yet.
      - V(running) is running, and not paused. A domain that was saved is restored, one that is paused is unpaused.
      - V(paused) exists, and gets no CPU time.
      - V(stopped) has shut down and is gone from Xen. What is saved stays saved.
      - V(restarted) has been shut down and started again from its config file; a domain that is not running is started.
      - V(saved) has its memory in a file, O(save_file), and is gone from Xen.
      - V(absent) is stopped, and its config file, its autostart entry and its save file are gone. Its disks stay,
        except those named in O(remove_disks). Properties are not looked at.
      - Each state is waited for, up to O(timeout).
    type: str
    choices: [present, running, stopped, paused, restarted, saved, absent]
    default: present
  timeout:
    description:
      - Seconds that each wait may take, for a guest that shuts down or one that gives memory back.
      - A task that changes something waits as long, and a minute at least, while another task, perhaps of another
        controller, is at work on the domains of the same host.
    type: int
    default: 300
  force:
    description:
      - Destroy a guest that has not shut down after O(timeout), or that crashed and was preserved.
      - To destroy at once, set O(timeout=0) as well. The guest's file systems are then as after a power failure.
    type: bool
    default: false
  apply:
    description:
      - How far the task goes for a property that the running guest does not have yet. The config file is brought to
        what is declared in all cases but V(report).
      - V(live) changes what Xen can change in the running guest, reads it back, and leaves the rest to a restart, which
        is done only with O(allow_restart). A task whose O(state) is V(present) never touches the guest.
      - V(restart) changes nothing live. One orderly restart brings everything, with O(allow_restart) only.
      - V(next_boot) writes the file only. The guest has it from its next start on.
      - V(report) changes nothing at all, the state included, and reports no change. RV(differences) say what is not as
        declared, and which commands would bring it.
    type: str
    choices: [live, restart, next_boot, report]
    default: live
    version_added: 0.3.0
  settle:
    description:
      - Seconds that a guest is looked at after it was started. When it crashes or ends in that time, the task fails and
        tells what xl and the guest's console said last. Used with O(state=running) and O(state=restarted).
    type: int
    default: 3
    version_added: 0.3.0
  wait_for_console:
    description:
      - When the guest is started from its config file, wait until its console shows this regular expression (of Python;
        C(^) and C($) match at lines), for O(timeout) seconds at most. What was shown before the start does not count.
      - The console is read from the log that C(xenconsoled) keeps when it was started with C(--log=guest); on NetBSD
        and Linux by C(XENCONSOLED_TRACE=guest). Without a log it is read from the guest's terminal, which takes the
        text away from whoever looks there later; never while somebody is at C(xl console).
    type: str
    version_added: 0.3.0
  allow_restart:
    description:
      - Allows O(state=running) and O(state=paused) to shut the guest down and start it again when a property cannot be
        changed in the running guest.
    type: bool
    default: false
  device_policy:
    description:
      - Whether O(disks), O(vifs) and O(pci) are the whole truth (V(exact)) or what there must be at least (V(append)).
      - Disks are the same when they have the same vdev, vifs when they have the same MAC, PCI functions when they have
        the same BDF.
      - Devices come to a running guest and go from it as it runs. With V(exact), a disk that is not in O(disks) is
        taken away from it. xl asks the guest to let go, and fails when it does not, as when a file system on the disk
        is mounted. Before Xen 4.15, xl takes the disk away all the same after ten seconds, so there it waits for a
        restart. The disk that the guest booted from always does.
      - A device that shall be another one (a disk with another target, a vif on another bridge) waits for a restart
        too, since it would have to be taken away from a guest that uses it. Only the medium in the CD-ROM drive of an
        HVM guest is changed as it runs.
      - When one device of a list needs a restart, the whole list waits for it.
    type: str
    choices: [exact, append]
    default: exact
  config:
    description:
      - Path of the config file.
      - When not set, the file called O(name) or O(name) and C(.cfg) in O(config_dir). A new one is called O(name) on
        NetBSD, where C(xendomains) looks for that, and O(name) and C(.cfg) elsewhere.
    type: path
  autostart:
    description:
      - Whether the host starts the domain when it boots. When not set, that is left as it is.
      - On NetBSD, that is a word of C(xendomains) in C(rc.conf), after which C(xendomains) looks for the config file
        with C(xendomains_config). A config file where it would not be found is an error, which says where it belongs.
      - On Linux, it is a link in C(/etc/xen/auto), or where C(XENDOMAINS_AUTO) says.
      - A link or word of the same domain that leads nowhere, or is there twice, is mended.
      - The file or link is that of O(config), so a guest must have one.
    type: bool
    version_added: 0.3.0
  autostart_order:
    description:
      - With O(autostart=true), a number from 0 to 99. The guest with the lowest starts first, those without a number
        last. When not set, the place that the guest has is left as it is; a new one goes to the end.
      - On Linux, it is the beginning of the link's name, as in C(10-web). On NetBSD, where the list itself is the
        order, the numbers are kept in C(xendomains_order) in C(rc.conf), a variable that nothing else reads, so that
        guests can be declared one by one and in any order.
    type: int
    version_added: 0.3.0
  autostart_delay:
    description:
      - With O(autostart=true), seconds to wait, at most 3600, so that a guest which needs this one, or this one itself,
        finds what it needs.
      - On NetBSD, the host waits before it starts this guest, by a script of C(xendomains_prehook). V(0) removes that
        script. One that is there already and is not from this module is an error.
      - On Linux, there is one pause, C(XENDOMAINS_CREATE_USLEEP), after each guest. It is made longer when it is
        shorter than this, and never shorter. Debian's own C(xendomains) has none, which is an error.
    type: int
    version_added: 0.3.0
  backup:
    description: Keep a copy of the config file, with the time in its name, before it is changed.
    type: bool
    default: false
  save_file:
    description:
      - Where the memory of a saved domain is kept. It is removed as soon as it has been restored, since restoring twice
        would destroy the guest's file systems. While it is written its name ends in C(.partial), while it is restored
        in C(.restoring). What a killed task has left under such a name counts as a save again when it is certain that
        the guest has not run since, which can be told of image files, but not of volumes; else the task fails and says
        what to look at.
      - When not set, C(/var/lib/xen/save/NAME.save).
    type: path
  remove_disks:
    description:
      - For O(state=absent), image files to delete together with the domain. Each must be a disk of this very domain.
    type: list
    elements: path
  extra_config:
    description:
      - Any other key of C(xl.cfg(5\)), as it stands there, with a string, number, boolean or list.
      - V(null) removes the key.
      - A key that has an option of its own is treated as that option, and refused only when the option is given, too.
    type: dict
notes:
  - xl works for root only, so connect as root or use C(become).
  - A guest that reboots by itself comes back as it was started, whatever its config file says by then, with the changes
    that were made to it live. Only a start by C(xl create), as this module's restarts are, reads the file.
  - An empty string or an empty list removes a text, a path or a list from the config file.
seealso:
  - module: netbsd.xen.xen_disk
  - module: netbsd.xen.xen_domain_info
  - name: xl.cfg(5)
    description: All keys of a config file.
    link: https://xenbits.xen.org/docs/unstable/man/xl.cfg.5.html
"""

EXAMPLES = r"""
# Start what the existing config file says, as an ad-hoc command:
#   ansible dom0s -m netbsd.xen.xen_domain -a 'name=web state=running'

- name: Keep a NetBSD guest running
  netbsd.xen.xen_domain:
    name: web
    state: running
    type: pv
    kernel: /netbsd-XEN3_DOMU.gz
    memory: 512
    maxmem: 1G
    vcpus: 2
    disks:
      - target: /srv/xen/web.img
        vdev: "0x0"
        size: 10G
      - phy:/dev/wd0f,0x1,r
    vifs:
      - bridge: bridge0
    root: xbd0
    extra_config:
      localtime: true

- name: Give it more memory; done live, since it stays below maxmem
  netbsd.xen.xen_domain:
    name: web
    state: running
    memory: 768

- name: Give it one more disk while it runs; device_policy=append leaves the others alone
  netbsd.xen.xen_domain:
    name: web
    state: running
    device_policy: append
    disks:
      - target: /srv/xen/web-data.img
        vdev: "0x2"

- name: See what is not as declared, in the file and in the running guest, and what would bring it
  netbsd.xen.xen_domain:
    name: web
    state: running
    memory: 1G
    apply: report
  register: drift

- name: Write a new kernel into its config, and restart it for that
  netbsd.xen.xen_domain:
    name: web
    state: running
    kernel: /netbsd-XEN3_DOMU-11.gz
    allow_restart: true

- name: Give it another name, and more memory, while it runs
  netbsd.xen.xen_domain:
    name: www
    renamed_from: web
    state: running
    memory: 768

- name: Restart it, and wait until one can log in
  netbsd.xen.xen_domain:
    name: web
    state: restarted
    wait_for_console: "login: $"

- name: Stop it, and pull the plug after two minutes
  netbsd.xen.xen_domain:
    name: web
    state: stopped
    timeout: 120
    force: true

- name: Also start it when the host boots, after the guests with a lower number, and half a minute later
  netbsd.xen.xen_domain:
    name: web
    state: running
    memory: 512
    autostart: true
    autostart_order: 20
    autostart_delay: 30

- name: Remove it together with one of its image files
  netbsd.xen.xen_domain:
    name: web
    state: absent
    remove_disks:
      - /srv/xen/web.img
"""

RETURN = r"""
actions:
  description: The steps of the plan, in order; the commands that were run, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["write /usr/pkg/etc/xen/web", "xl mem-set web 768m"]
differences:
  description: What was not as the task declares it.
  returned: success
  type: list
  elements: dict
  contains:
    option:
      description: Name of the property. With O(apply=report), C(state) as well.
      type: str
    wanted:
      description: What the task declares; null when it does not give the property.
      type: raw
    on_disk:
      description: What the config file said; null when nothing.
      type: raw
    live:
      description: What the running guest had; null when it does not run, or Xen does not tell.
      type: raw
    needs:
      description:
        - What it takes.
        - C(config), a change of the file only. The guest has it already, or does not run.
        - C(live), a change of the running guest.
        - C(next_boot), the next start of a guest that is not running.
        - C(restart), a restart of the running guest.
        - C(recreate), a restart after which it is another machine to itself and to others, as its O(uuid) or its
          O(type) is another. A saved guest cannot take its memory along.
        - C(unmanaged), nothing of this task. File and running guest differ in a property that the task does not give;
          C(wanted) is null then. A key that the file does not have is not looked at.
      type: str
    commands:
      description:
        - The commands that would bring it to the guest, whether or not the task ran them. For C(restart) and
          C(recreate) those of the restart, for C(next_boot) that of the start.
        - Empty for C(config) and C(unmanaged), and when the guest could not be restarted without more permissions.
      type: list
      elements: str
      version_added: 0.3.0
  sample:
    - option: memory
      wanted: 768
      on_disk: 512
      live: 512
      needs: live
      commands: ["xl mem-set web 768m"]
restart_required:
  description:
    - The running guest still lacks something that only a restart brings.
    - Xen does not tell everything of a running guest, O(firmware) and other keys of C(xl.cfg) among it. That a guest
      lacks such a property is known to the task that writes it, but not to a later one.
  returned: success
  type: bool
domain:
  description: The domain after the task. In check mode its C(state) is the one that it would have.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    state:
      description: C(running), C(paused), C(stopped), C(saved), C(absent), C(shutdown), C(crashed) or C(dying).
      type: str
    domid:
      description: Its id, null when it does not run.
      type: int
    memory:
      description: Memory that it has now, in MiB.
      type: int
    vcpus:
      description: Number of its vcpus that are on.
      type: int
    config:
      description: Path of its config file.
      type: str
    properties:
      description: What the config file says, by the names of this module's options. Passwords are masked.
      type: dict
backup_file:
  description: The copy that was kept.
  returned: when O(backup) is set and the config file was changed
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(config_syntax), C(no_xen), C(daemons_down),
      C(not_root), C(toolstack_missing), C(kernel_missing), C(disk_missing), C(disk_in_use), C(bridge_missing),
      C(duplicate_mac), C(duplicate_uuid), C(insufficient_memory), C(pci_not_assignable), C(stale_save),
      C(interrupted_save), C(interrupted_restore), C(timeout), C(start_failed), C(crashed), C(died), C(locked).
  returned: failure
  type: str
reason:
  description: Why the guest ended, such as C(poweroff), C(reboot), C(crash), C(watchdog); null when xl does not tell.
  returned: failure, when a guest that was started has ended
  type: str
console:
  description: The last lines of its console, without control characters.
  returned: failure, when a guest that was started has ended or has not shown O(wait_for_console)
  type: list
  elements: str
xl_log:
  description: The last lines of what xl noted of its end.
  returned: failure, when a guest that was started has ended
  type: list
  elements: str
actions_done:
  description: The steps that had been done when one failed.
  returned: failure of a step
  type: list
  elements: str
taken_back:
  description: What was undone after a step had failed, so that file and guest are as before.
  returned: failure of a step
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain_spec import domain_spec


def main() -> None:
    module = XenModule(argument_spec=dict(**domain_spec(), **common_spec()), supports_check_mode=True)
    run(module, lambda: _domain.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
