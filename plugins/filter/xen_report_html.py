# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_report_html
short_description: Make one HTML page of the report of Xen hosts
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Renders a folder's C(page.html.j2), with C(page.css) and C(page.js) of that folder inlined. The page needs nothing
    else and loads nothing; a Content-Security-Policy of hashes allows this style and this script, and no other.
  - All values are escaped, which the module M(ansible.builtin.template) does not do by itself.
positional: _input
options:
  _input:
    description: The report, as P(netbsd.xen.xen_report#filter) has made it.
    type: dict
    required: true
  folder:
    description: The folder of the templates, on the controller.
    type: path
    required: true
seealso:
  - plugin: netbsd.xen.xen_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.copy:
    content: "{{ fleet | netbsd.xen.xen_report_html(role_path ~ '/templates') }}"
    dest: /srv/www/xen.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_page


def xen_report_html(fleet: Any, folder: str) -> str:
    """The page; see DOCUMENTATION."""
    if not isinstance(fleet, Mapping) or "hosts" not in fleet:
        raise AnsibleFilterError("netbsd.xen.xen_report_html: give what netbsd.xen.xen_report made.")
    return _report_page.render(fleet, str(folder))


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"xen_report_html": xen_report_html}
