# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in dom0: has Ansible's module_utils loaded, and forks once for each module that is asked for.

Each run is a process of its own, as with Ansible. What is saved is what Ansible does around a module, which on an
emulated host is ten times what the module does. Reads a JSON object a line (``module``, ``arguments``, and ``dies_at``:
before which renaming of a file it is killed, counted from 1; 0 for none), answers with one (``rc``, ``text``: all that
the module wrote, ``replaced``: the files that got their names).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from typing import Any

_MODULES = "ansible_collections.netbsd.xen.plugins.modules."


def main() -> None:
    from ansible.module_utils import basic  # noqa: F401 - loaded once, for all the runs

    # sys.stdin of the forks is /dev/null, and nothing but answers may come out here
    for line in os.fdopen(os.dup(0), encoding="utf-8"):
        job = json.loads(line)
        importlib.import_module(f"{_MODULES}{job['module']}")
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
            child = os.fork()
            if child == 0:
                _become_module(job, output.fileno(), log.fileno())
            _pid, status = os.waitpid(child, 0)
            text, replaced = _content(output), _content(log).splitlines()
        print(
            json.dumps({"rc": os.waitstatus_to_exitcode(status), "text": text, "replaced": replaced}),
            flush=True,
        )


def _content(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode(errors="replace"))


def _count_renaming(dies_at: int, log: int) -> None:
    """Python tells an audit hook of each renaming of a file before it does it (PEP 578)."""
    process, count = os.getpid(), 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "os.rename" and os.getpid() == process:
            count += 1
            os.write(log, f"{os.fsdecode(arguments[1])}\n".encode(errors="backslashreplace"))
            if count == dies_at:
                os.kill(process, signal.SIGKILL)

    sys.addaudithook(hook)


def _become_module(job: dict[str, Any], output: int, log: int) -> None:
    """Never returns: the module ends this process."""
    from ansible.module_utils.testing import patch_module_args

    _count_renaming(job.get("dies_at", 0), log)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    status = 70  # no module ends without SystemExit
    try:
        with patch_module_args(job["arguments"]):
            importlib.import_module(f"{_MODULES}{job['module']}").main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
