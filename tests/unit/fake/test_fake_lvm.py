# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake lvm says what the real one said: a recorded run of LVM 2.03.16, replayed in its order."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "lvm.txt"
_RUN = re.compile(r"##COMMAND (.*)\n##RC (\d+)\n##STDOUT\n((?:  .*\n)*)##STDERR\n((?:  .*\n)*)")


def test_a_recorded_run(tmp_path: Path) -> None:
    lvm = FakeLvm(tmp_path, {"vg0": 15})
    for name in ("lv0", "lv1"):
        lvm.volume("vg0", name, 4)
    runs = _RUN.findall(RECORDED.read_text(encoding="ascii"))
    assert len(runs) == 34
    for command, rc, stdout, stderr in runs:
        words = [str(lvm.program), *shlex.split(command)[1:]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (command, done.returncode, done.stdout, done.stderr) == (command, int(rc), stdout, stderr)
