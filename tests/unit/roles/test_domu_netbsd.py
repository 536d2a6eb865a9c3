# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What configs the role domu_netbsd makes of an entry of its list: the installer's, and that of what it installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "domu_netbsd"
CD = {"target": "/home/iso/10.1.iso", "access": "r", "devtype": "cdrom"}
DISK = {"target": "/home/xen/mail.img", "vdev": "0x0"}
MORE = [{"target": "/dev/vg0/mail", "vdev": "0x0"}, {"target": "/home/xen/spool.img", "vdev": "0x1"}]
ENTRIES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "from the network": ({"installer": {}}, [DISK], [DISK]),
    "from a CD": ({"installer": {"cd": CD["target"]}}, [DISK, {**CD, "vdev": "0x1"}], [DISK]),
    "disks of its own": ({"installer": {}, "domain": {"disks": MORE}}, MORE, MORE),
    "disks of its own, and a CD": (
        {"installer": {"cd": CD["target"]}, "domain": {"disks": MORE}},
        [*MORE, {**CD, "vdev": "0x2"}],
        MORE,
    ),
}


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The disks of installer and guest, by the entries' names; one play for all."""
    folder = tmp_path_factory.mktemp("domu_netbsd")
    guests = [{"name": name, "disk": DISK["target"], **entry} for name, (entry, *_disks) in ENTRIES.items()]
    variables = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
        **yaml.safe_load((ROLE / "vars/main.yml").read_text()),
    }
    content = "{{ [__domu_netbsd_install, __domu_netbsd_final] | to_json }}"
    made = {"dest": f"{folder}/{{{{ index }}}}", "content": content, "mode": "0600"}
    loop = {"loop": guests, "loop_control": {"loop_var": "__domu_netbsd_guest", "index_var": "index"}}
    task = {"ansible.builtin.copy": made, **loop}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}
    (folder / "play.yml").write_text(json.dumps([play]))
    subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", "play.yml"],
        cwd=folder,
        env={**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=120,
    )
    return {name: json.loads((folder / str(number)).read_text()) for number, name in enumerate(ENTRIES)}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_installer_has_the_disks_of_the_guest_and_then_the_cd(configs: dict[str, Any], name: str) -> None:
    _entry, while_installing, afterwards = ENTRIES[name]
    installer, guest = configs[name]
    assert installer["disks"] == while_installing
    assert guest["disks"] == afterwards
    assert "INSTALL_XEN3_DOMU" in installer["kernel"]
    assert "INSTALL" not in guest["kernel"]
