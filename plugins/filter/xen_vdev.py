# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_vdev
short_description: Convert names and numbers of a guest's disks into each other
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - A disk of a guest has a number in Xen, from which a Linux or Windows guest takes the disk's name. C(xl block-list)
    and xenstore show numbers, old config files have them in hexadecimal, as V(0x301) for C(hda1), and people say names.
  - Converts names of C(xl.cfg), which are C(xvda), C(hda), C(sda), with a partition C(xvda1), or C(d0p1), to numbers,
    and numbers to names, by the rules of xen-vbd-interface(7).
  - To a NetBSD guest the number is only the order of its C(xbd) devices. V(0x0), V(0x1) and so on serve there, and
    these have no name.
positional: _input
options:
  _input:
    description:
      - A name, or a number. A text is read as xl reads it; hexadecimal after C(0x), octal after C(0), else decimal.
    type: raw
    required: true
  to:
    description:
      - V(name) gives the name as C(xl block-list) would call it, and V(xvda) for V(d0p0). A number that has no name
        comes back in hexadecimal.
      - V(hex) gives the number as a text in hexadecimal, as config files may have it.
      - V(number) gives the number as xenstore has it.
      - When empty, a name becomes V(hex), and a number becomes a V(name).
    type: str
    choices: ["", name, hex, number]
    default: ""
seealso:
  - module: netbsd.xen.xen_domain
  - name: xen-vbd-interface(7)
    description: Names and numbers of virtual disks.
    link: https://xenbits.xen.org/docs/unstable/man/xen-vbd-interface.7.html
"""

EXAMPLES = r"""
- name: What an old config file means
  ansible.builtin.debug:
    msg: "{{ '0x301' | netbsd.xen.xen_vdev }}"  # hda1

- name: What xl block-list calls 51712
  ansible.builtin.debug:
    msg: "{{ 51712 | netbsd.xen.xen_vdev }}"  # xvda

- name: The number of a name, for a config file and for xenstore
  ansible.builtin.debug:
    msg: "{{ 'sda1' | netbsd.xen.xen_vdev }} is {{ 'sda1' | netbsd.xen.xen_vdev(to='number') }}"  # 0x801 is 2049
"""

RETURN = r"""
_value:
  description: The name or the number. An integer for O(to=number), else a text.
  type: raw
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_vdev

NAME = "netbsd.xen.xen_vdev"
FORMS: dict[str, Callable[[int], Any]] = {"name": _spec_vdev.vdev_name, "hex": hex, "number": int}


def xen_vdev(vdev: Any, to: str = "") -> Any:
    """The vdev in another form; see DOCUMENTATION."""
    if isinstance(vdev, bool) or not isinstance(vdev, (int, str)):
        raise AnsibleFilterError(f"{NAME}: {vdev!r}: a vdev is a text or a number.")
    if to and to not in FORMS:
        raise AnsibleFilterError(f"{NAME}: to: {to!r}: one of {', '.join(FORMS)}.")
    text = str(vdev).strip()
    try:
        number = _spec_vdev.vdev_number(text)
    except BadValue as error:
        raise AnsibleFilterError(f"{NAME}: {text!r}: {error.reason}") from None
    return FORMS[to or ("name" if text[:1].isdigit() else "hex")](number)


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"xen_vdev": xen_vdev}
