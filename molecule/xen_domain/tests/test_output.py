# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a task with a password, as loud as Ansible can be."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
INVENTORY = ROOT / ".cache" / "molecule" / "inventory.yml"
OPTIONS = {"name": "screen", "vfb": [{"vnc": True, "vnclisten": "127.0.0.1", "vncpasswd": "swordfish"}]}


def test_a_password_is_never_printed(host):
    before = host.file("/etc/xen/screen.cfg").content_string
    module = ("-m", "netbsd.xen.xen_domain", "-a", json.dumps(OPTIONS))
    command = ["ansible", "-i", str(INVENTORY), "m_xen_domain", *module, "--check", "--diff", "-vvvv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    shown = done.stdout + done.stderr
    assert '"changed": true' in shown
    assert "vncpasswd" in shown
    assert "swordfish" not in shown
    assert "opensesame" not in shown
    assert host.file("/etc/xen/screen.cfg").content_string == before
