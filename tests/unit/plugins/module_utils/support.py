# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain data for the unit tests: recorded outputs of xl, config files and guests that exist in memory only."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

CAPTURES = Path(__file__).resolve().parents[3] / "fixtures" / "captures"
_SECTION = re.compile(r"^##(STDOUT|STDERR) \d+ bytes\n", re.MULTILINE)

PATH = "/etc/xen/web.cfg"
SAVE = "/var/lib/xen/save/web.save"
HOST = "xen1"


def captured(name):
    """The standard output that was recorded of a command; ``name`` is the file without ``.txt``."""
    text = (CAPTURES / (name + ".txt")).read_text()
    return _SECTION.split(text)[2]


def config(text, path=PATH):
    """A config file with this text; None for one that does not exist."""
    return _configfile.ConfigFile(path, None if text is None else _xlcfg.parse(text, path))


def row(state="running", domid=7, memory=512, vcpus=1, name="web"):
    return _listing.Row(name, domid, memory, vcpus, state, 1.0)


def live(memory=512, maxmem=None, vcpus=1, maxvcpus=None, cmdline="", domain_type="pv", **parts):
    """libxl's configuration of a running guest, as `xl list -l` of Xen 4.17 gives it."""
    found = {
        "c_info": {"type": domain_type, "name": "web", "uuid": "11111111-2222-3333-4444-555555555555"},
        "b_info": {
            "max_vcpus": maxvcpus or vcpus,
            "avail_vcpus": list(range(vcpus)),
            "max_memkb": (maxmem or memory) * 1024,
            "target_memkb": memory * 1024,
            "kernel": "/k",
            "cmdline": cmdline,
            "type." + domain_type: {},
        },
        "on_reboot": "restart",
    }
    found["b_info"].update(parts.pop("b_info", {}))
    found.update(parts)
    return found


def guest(state="running", libxl=None, **columns):
    return _plan_config.Guest(row(state, **columns), live() if libxl is None else libxl)


def wish(extra_config=None, policy="exact", **params):
    """A wish made of module parameters, as a task gives them."""
    properties, extra = _options.split_extra(extra_config or {}, _options.wanted_from(params))
    return _plan_config.Wish("web", properties, extra, policy, HOST)
