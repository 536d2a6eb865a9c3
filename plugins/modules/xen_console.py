#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_console
short_description: Run a command, log in, or answer prompts on the console of a Xen domain (guest)
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Reaches a guest that has no network yet, or none any more, the way a person does at C(xl console).
  - O(command) runs in the shell that the console shows, or behind the C(login:) that it shows when O(login) is given,
    and its output and exit code come back. It is a command for C(sh). In a shell of another family (C(csh), C(tcsh),
    C(fish)), such as root has on old NetBSD, the task starts C(/bin/sh) and ends it afterwards.
  - O(responses) answer the prompts of an installer, or of O(command). O(wait_for) waits until the console shows
    something.
  - The console is the terminal that xenstore names, with the lock that C(xl console) takes. A console that somebody is
    at is left alone; the task fails with C(console_in_use). When the task ends, for whatever reason, nobody is at the
    console.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
    details:
      - Only that the guest runs is looked at. Nothing is typed, waited for or read.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A command is run each time. A task with nothing but O(wait_for) never changes anything.
options:
  name:
    description: Name of the domain, which must run.
    type: str
    required: true
  command:
    description:
      - A command line for the guest's shell, of one or more lines. It runs in a subshell.
      - It gets no input, unless there are O(responses).
      - An exit code other than 0 makes the task fail, with RV(rc) and RV(stdout) in the result.
      - What the guest's kernel writes on the console meanwhile stands among the output.
      - When it holds a secret, set C(no_log) for the task.
    type: str
  login:
    description:
      - Whom to log in as, when the console asks for it. A shell that is there already is taken as it is.
      - Without O(command), the task sees that a login works.
    type: dict
    suboptions:
      user:
        description: Name of the user.
        type: str
        required: true
      password:
        description: The user's password. Not needed for a user who has none.
        type: str
  logout:
    description:
      - Whether to end the shell after the task when the task has logged in. If not, whoever comes to the console next
        finds it open.
    type: bool
    default: true
  responses:
    description:
      - Prompts in their order, and what to answer. Each is waited for, and the task fails when one does not come.
      - Together with O(command), they are the prompts of the command, which may end before all of them have come.
    type: list
    elements: dict
    suboptions:
      prompt:
        description: Regular expression (of Python; C(^) and C($) match at lines) that the console shows.
        type: str
        required: true
      text:
        description: What to type. When neither this nor O(responses[].secret) is set, only Enter is pressed.
        type: str
      secret:
        description: The same for a password. It is masked in results and logs.
        type: str
      enter:
        description: Whether to press Enter after it. Menus often take a single key.
        type: bool
        default: true
  wait_for:
    description:
      - After all else, wait until the console shows this regular expression (of Python; C(^) and C($) match at lines).
      - Alone, it may also be what the console has shown before the task, if nobody has read that yet; C(xenconsoled)
        keeps up to 1 MiB. Together with O(command) its output counts, too, and together with O(responses) what follows
        the last prompt.
    type: str
  wake:
    description:
      - Whether to press Enter first, so that a prompt which somebody else has read shows itself again. It is not
        pressed when the first thing that is waited for stands there already.
      - Only for O(responses) and O(wait_for) without O(command) and O(login), which do what they need by themselves.
        Mind that the Enter may choose something in a menu.
    type: bool
    default: false
  timeout:
    description: Seconds that all of it together may take, a guest that still boots included.
    type: int
    default: 120
notes:
  - xl works for root only, so connect as root or use C(become).
  - What the task reads from the console is not shown again to whoever comes there later. The log of C(xenconsoled)
    (C(--log=guest)) has it, also what is typed and echoed.
  - A C(xend) of Xen 4.1 and earlier takes no lock, so the module cannot know whether somebody is at C(xm console) and
    reads what it waits for.
  - A shell on the console that was left open by a person is used as it is, with its directory and variables.
seealso:
  - module: netbsd.xen.xen_domain
  - module: netbsd.xen.xen_domain_command
  - name: xl(1)
    description: The commands of the toolstack, C(console) among them.
    link: https://xenbits.xen.org/docs/unstable/man/xl.1.html
"""

EXAMPLES = r"""
# ansible dom0s -m netbsd.xen.xen_console -a 'name=web command="ifconfig -a"'
- name: Ask a guest for its interfaces
  netbsd.xen.xen_console:
    name: web
    command: ifconfig -a

- name: Give a new NetBSD guest its network, before there is any
  netbsd.xen.xen_console:
    name: web
    login:
      user: root
      password: "{{ web_root_password }}"
    command: |
      echo 'inet 192.0.2.10/24' > /etc/ifconfig.xennet0
      echo sshd=YES >> /etc/rc.conf
      service network restart && service sshd start
    timeout: 300

- name: Set a password
  netbsd.xen.xen_console:
    name: web
    login: {user: root}
    command: passwd root
    responses:
      - prompt: "New password:"
        secret: "{{ web_root_password }}"
      - prompt: "Retype new password:"
        secret: "{{ web_root_password }}"

- name: Wait until a guest is up
  netbsd.xen.xen_console:
    name: web
    wait_for: "login: $"
    timeout: 300

- name: Answer a question of an installer, and wait for its end
  netbsd.xen.xen_console:
    name: web
    responses:
      - prompt: "Terminal type\\?"
        text: vt100
    wait_for: "NetBSD-10.1 installation"
"""

RETURN = r"""
actions:
  description: What was done, in order; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["be logged in as root on the console of web", "run `uname -a` on the console of web"]
rc:
  description: Exit code of O(command).
  returned: when the command has ended
  type: int
stdout:
  description:
    - All that O(command) wrote, to its standard output and standard error, as it came; without control characters and
      without newlines at its end.
  returned: when the command has ended
  type: str
  sample: "NetBSD web 10.1 NetBSD 10.1 (XEN3_DOMU) amd64"
truncated:
  description: Whether O(command) wrote more than 1 MiB, of which RV(stdout) is the end.
  returned: when the command has ended
  type: bool
logged_in:
  description: Whether the task had to log in.
  returned: with O(command) or O(login), not in check mode
  type: bool
console_line:
  description: The line of the console in which O(wait_for) was found.
  returned: when O(wait_for) is set, not in check mode
  type: str
transcript:
  description:
    - All that the console has shown, without control characters; the last 64 KiB. What was typed is in it if the guest
      echoes it.
  returned: not in check mode; on failure, if the task came to the console
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(not_running), C(console_in_use), C(no_console), C(timeout),
      C(login_needed), C(login_failed), C(nonzero_exit), C(crashed), C(died), C(bad_value).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.console._console_task import ConsoleTask
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run

LOGIN = {
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "no_log": True},
}
RESPONSE = {
    "prompt": {"type": "str", "required": True},
    "text": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "enter": {"type": "bool", "default": True},
}


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "command": {"type": "str"},
            "login": {"type": "dict", "options": LOGIN},
            "logout": {"type": "bool", "default": True},
            "responses": {
                "type": "list",
                "elements": "dict",
                "options": RESPONSE,
                "mutually_exclusive": [("text", "secret")],
            },
            "wait_for": {"type": "str"},
            "wake": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 120},
            **common_spec(),
        },
        required_one_of=[("command", "login", "responses", "wait_for")],
        supports_check_mode=True,
    )
    run(module, lambda: ConsoleTask(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
