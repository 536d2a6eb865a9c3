# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible callback: what had been used when each task of a play began, one line of JSON each.

Whoever reads them takes the differences: so the start of ansible-playbook, and all that comes before the first task, is
in none. The environment says where: ``BENCH_SAMPLES`` the file to write, ``BENCH_CALLS`` a file with one line for each
command over ssh, ``BENCH_HOST_PID`` the process that emulates the host.
"""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: samples
type: aggregate
short_description: What had been used when each task began
description:
  - For the benchmarks of this repository.
"""

_TICKS = os.sysconf("SC_CLK_TCK")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "samples"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        _write(task.get_name())

    def v2_playbook_on_stats(self, stats: Any) -> None:
        _write("")


def _write(name: str) -> None:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # utime and stime of proc(5), behind the command in parentheses
    fields = Path(f"/proc/{os.environ['BENCH_HOST_PID']}/stat").read_text().rpartition(")")[2].split()
    sample = {
        "task": name,
        "seconds": time.monotonic(),
        "calls": Path(os.environ["BENCH_CALLS"]).read_text().count("\n"),
        "controller": sum(each.ru_utime + each.ru_stime for each in used),
        "host": (int(fields[11]) + int(fields[12])) / _TICKS,
    }
    with Path(os.environ["BENCH_SAMPLES"]).open("a") as stream:
        stream.write(json.dumps(sample) + "\n")
