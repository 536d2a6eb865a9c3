#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: boot_entry
short_description: Keep one entry of the boot menu, boot.cfg or GRUB's menu.lst
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps one entry of C(/boot.cfg), or of C(/grub/menu.lst) of GRUB legacy, as the task declares it. The entry boots
    Xen with a dom0 kernel, or NetBSD alone.
  - Before anything is written, the whole new file is read by the rules of the boot loader itself. A file that would not
    boot is refused, with the line, the reason and the cure. Among the reasons are commands of more than 79 characters,
    which overrun the buffer of NetBSD's loader, a dom0 kernel that is not the first module, C(#) inside of an entry,
    more than 20 entries, a C(dom0_mem) without a unit, files that are not on the root file system, and a C(boot.cfg) on
    the EFI system partition that is read instead.
  - An entry that boots NetBSD without Xen is always kept, and made when there is none.
  - The default goes on being the entry that it was, whatever number that gets, unless the task says otherwise.
  - Everything else in the file, comments among it, survives byte for byte. The file is replaced in one step.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
    details:
      - Files that are missing make the module fail outside of check mode only. In check mode it warns, since a task
        before it may be the one that brings them.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - NetBSD on amd64 and i386.
options:
  name:
    description:
      - What the menu shows. Entries are told apart by it. A C(:) or C(#) cannot be in it.
    type: str
    required: true
  state:
    description:
      - V(present) has the entry in the menu as the other options say.
      - V(absent) has no entry of this name. The last one that boots NetBSD without Xen is not removed. When the entry
        was the default, one without Xen becomes it.
    type: str
    choices: [present, absent]
    default: present
  loader:
    description:
      - Which boot loader's file to edit. V(auto) takes C(menu.lst) where GRUB is installed (C(/grub/stage2) and
        C(/grub/menu.lst) exist, or there is a C(menu.lst) and no C(boot.cfg)), and else C(boot.cfg).
    type: str
    choices: [auto, boot.cfg, menu.lst]
    default: auto
  path:
    description: The file. C(/boot.cfg) or C(/grub/menu.lst) when not set.
    type: path
  hypervisor:
    description:
      - Path of the hypervisor on the root file system. An empty text makes an entry that boots without Xen.
      - Keep it short. In C(boot.cfg) it shares 79 characters with the arguments.
    type: str
  kernel:
    description:
      - Path of the kernel on the root file system, the dom0 kernel if the entry has a O(hypervisor). Must be given for
        an entry that does not exist yet.
    type: str
  xen_args:
    description:
      - Arguments of the hypervisor. One that is not given is left as it is. An empty text, or V(false), removes it.
    type: dict
    suboptions:
      dom0_mem:
        description: Memory of dom0 with its unit, such as V(512M), or as V(min:512M,max:1G).
        type: str
      dom0_max_vcpus:
        description: Number of vcpus of dom0, or a range.
        type: str
      dom0_vcpus_pin:
        description: Whether each vcpu of dom0 stays on one CPU.
        type: bool
      loglvl:
        description: Which of its messages Xen prints, such as V(all) or V(warning/info).
        type: str
      guest_loglvl:
        description: The same for messages about guests.
        type: str
      noreboot:
        description: Whether Xen halts after a crash, so that its messages can be read.
        type: bool
      extra:
        description: Further arguments, each C(key=value) or a word. One of the same key is replaced.
        type: list
        elements: str
  kernel_args:
    description: Arguments of the kernel, likewise.
    type: dict
    suboptions:
      root:
        description: The device with the root file system, such as V(wd0a). Replaces C(bootdev=), too.
        type: str
      single_user:
        description: Whether NetBSD comes up single-user.
        type: bool
      pciback_hide:
        description:
          - All PCI devices that dom0 leaves to guests, as V(03:00.0). An empty list removes the argument.
          - The kernel keeps 63 characters of this, which is seven devices, and C(boot.cfg) has room for two or three.
        type: list
        elements: str
      extra:
        description: Further arguments, as in O(xen_args.extra).
        type: list
        elements: str
  exact_args:
    description:
      - Whether arguments that the task does not name are removed. C(pciback.hide=) stays when
        O(kernel_args.pciback_hide) is not given, since M(netbsd.xen.xen_pciback) may have set it.
    type: bool
    default: false
  console:
    description:
      - Where the messages go. V(both) prints those of Xen on both, and gives dom0 the screen.
      - Sets C(console=) for Xen and for the kernel, each in its own words, and C(com1=) or C(com2=) for Xen. When it is
        not set, all of them are left as they are.
    type: str
    choices: [vga, serial, both]
  serial:
    description: The serial port, for O(console=serial) and O(console=both).
    type: dict
    suboptions:
      port:
        description:
          - Number of the port as NetBSD counts, V(0) for its C(com0). Xen counts from one, and gets C(com1) for it.
        type: int
        choices: [0, 1]
        default: 0
      speed:
        description: Speed in baud. When not set, Xen keeps the speed that the boot loader has set, and room is saved.
        type: int
  position:
    description:
      - Number that the entry shall have in the menu, counted from 1. A number beyond the end means the end.
      - When not set, a new entry becomes the last one, and others stay where they are.
    type: int
  default:
    description:
      - V(true) makes the entry the one that is booted by itself, V(false) makes it one without Xen if it was that.
    type: bool
  timeout:
    description: Seconds until the default entry is booted, V(0) at once.
    type: int
  native:
    description: The entry without Xen that is made when there is none.
    type: dict
    suboptions:
      name:
        description: What the menu shows.
        type: str
        default: NetBSD
      kernel:
        description: Path of its kernel.
        type: str
        default: /netbsd
  keep_previous:
    description:
      - When the entry gets another hypervisor or kernel file, and the old files are still there, keep the old ones as
        an entry of the same name with C( (previous\)) after it.
    type: bool
    default: true
  previous_files:
    description:
      - Where M(netbsd.xen.boot_file) has kept the content that the hypervisor's or the kernel's file had before, have
        an entry for that, too, of the same name with C( (previous\)) after it and the same arguments.
      - Its file names are longer. In C(boot.cfg), C(dom0_vcpus_pin) is left out where there is no room, and the entry
        where even that is not enough.
      - Looked at when the task gives O(hypervisor) or O(kernel).
    type: bool
    default: false
  check_files:
    description: Whether the files that the menu names must be on the root file system.
    type: bool
    default: true
  strict:
    description:
      - Refuse to write the file also when another entry, which was there before and is not the default, would not boot.
        It is only warned of otherwise.
    type: bool
    default: false
  esp:
    description:
      - Where the EFI system partition is mounted, on a host that boots by UEFI. The loader reads
        C(EFI/NetBSD/boot.cfg) there, and C(/boot.cfg) only when that is missing.
      - When not set, it is looked for among the mounted file systems, if the kernel says that the host boots by UEFI.
    type: path
  backup:
    description: Keep a copy of the file beside it before it is changed.
    type: bool
    default: false
seealso:
  - module: netbsd.xen.boot_file
  - module: netbsd.xen.xen_host_info
"""

EXAMPLES = r"""
- name: Boot Xen by default, and keep what is there
  netbsd.xen.boot_entry:
    name: Xen 4.20
    hypervisor: /xen420.gz
    kernel: /netbsd-XEN3_DOM0.gz
    xen_args:
      dom0_mem: 512M
      dom0_max_vcpus: "1"
      dom0_vcpus_pin: true
    console: vga
    default: true
    timeout: 5

- name: Talk to Xen and dom0 over the first serial port, and leave two network cards to guests
  netbsd.xen.boot_entry:
    name: Xen 4.20
    kernel_args:
      pciback_hide: ["03:00.0", "03:00.1"]
    console: serial

- name: Boot NetBSD without Xen next time
  netbsd.xen.boot_entry:
    name: NetBSD
    hypervisor: ""
    kernel: /netbsd
    default: true

- name: Remove an old version
  netbsd.xen.boot_entry:
    name: Xen 4.15
    state: absent
    backup: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["add entry 4, 'Xen 4.20'", "default is entry 4, 'Xen 4.20'"]
loader:
  description: Whose file it is, C(boot.cfg) or C(menu.lst).
  returned: success
  type: str
path:
  description: The file.
  returned: success
  type: str
entry:
  description: The entry after the task; null when it is absent.
  returned: success
  type: dict
  contains: &entry
    number:
      description: Its place in the menu, counted from 1.
      type: int
    name:
      description: What the menu shows.
      type: str
    line:
      description: The line of the file where it begins.
      type: int
    kind:
      description:
        - C(xen), C(native), C(prompt) (the loader's command line), C(chain) (another loader) or C(other).
      type: str
    commands:
      description: Its commands, as the loader sees them.
      type: list
      elements: str
    hypervisor:
      description: The file of the hypervisor.
      type: str
    xen_args:
      description: Arguments of the hypervisor.
      type: list
      elements: str
    kernel:
      description: The file of the kernel.
      type: str
    kernel_args:
      description: Arguments of the kernel.
      type: list
      elements: str
entries:
  description: All entries after the task, in the order of the menu.
  returned: success
  type: list
  elements: dict
  contains: *entry
default:
  description: Number of the entry that is booted by itself.
  returned: success
  type: int
timeout:
  description: Seconds until then; null when the loader waits for a key for ever.
  returned: success
  type: int
backup_file:
  description: The copy that was kept.
  returned: when O(backup) is set and the file was changed
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(would_not_boot), C(bad_value), C(menu_full),
      C(last_native_entry), C(ambiguous_entry), C(saved_default) and C(not_a_menu).
  returned: failure
  type: str
problems:
  description: Why the file would not boot.
  returned: failure with RV(error_id=would_not_boot)
  type: list
  elements: dict
  contains:
    id:
      description: Name of the problem, such as C(command_too_long).
      type: str
    severity:
      description: Always C(error) here.
      type: str
    line:
      description: Line of the new file; 0 when the whole file is meant.
      type: int
    what:
      description: What is wrong.
      type: str
    cure:
      description: What to do.
      type: str
    entry:
      description: Number of the entry; null when all of them are concerned.
      type: int
"""

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_entry import BootEntryTask
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run


def _text(**more: object) -> dict[str, object]:
    return dict({"type": "str"}, **more)


def _words() -> dict[str, object]:
    return {"type": "list", "elements": "str"}


def _switch(**more: object) -> dict[str, object]:
    return dict({"type": "bool"}, **more)


def main() -> None:
    xen_args = {
        "dom0_mem": _text(),
        "dom0_max_vcpus": _text(),
        "dom0_vcpus_pin": _switch(),
        "loglvl": _text(),
        "guest_loglvl": _text(),
        "noreboot": _switch(),
        "extra": _words(),
    }
    kernel_args = {"root": _text(), "single_user": _switch(), "pciback_hide": _words(), "extra": _words()}
    serial = {"port": {"type": "int", "choices": [0, 1], "default": 0}, "speed": {"type": "int"}}
    spec = {
        "name": _text(required=True),
        "state": _text(choices=["present", "absent"], default="present"),
        "loader": _text(choices=["auto", "boot.cfg", "menu.lst"], default="auto"),
        "path": {"type": "path"},
        "hypervisor": _text(),
        "kernel": _text(),
        "xen_args": {"type": "dict", "options": xen_args},
        "kernel_args": {"type": "dict", "options": kernel_args},
        "exact_args": _switch(default=False),
        "console": _text(choices=["vga", "serial", "both"]),
        "serial": {"type": "dict", "options": serial},
        "position": {"type": "int"},
        "default": _switch(),
        "timeout": {"type": "int"},
        "native": {
            "type": "dict",
            "options": {"name": _text(default="NetBSD"), "kernel": _text(default="/netbsd")},
        },
        "keep_previous": _switch(default=True),
        "previous_files": _switch(default=False),
        "check_files": _switch(default=True),
        "strict": _switch(default=False),
        "esp": {"type": "path"},
        "backup": _switch(default=False),
    }
    module = XenModule(argument_spec=spec, supports_check_mode=True, required_by={"serial": ["console"]})
    run(module, lambda: BootEntryTask(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
