# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in dom0: has Ansible's module_utils loaded, and forks once for each module that is asked for.

Each run is a process of its own, as with Ansible. What is saved is what Ansible does around a module, which on an
emulated host is ten times what the module does. Reads a JSON object a line (``module``, ``arguments``), answers with
one (``rc``, ``text``: all that the module wrote).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback

_MODULES = "ansible_collections.netbsd.xen.plugins.modules."


def main() -> None:
    from ansible.module_utils import basic  # noqa: F401 - loaded once, for all the runs

    # sys.stdin of the forks is /dev/null, and nothing but answers may come out here
    for line in os.fdopen(os.dup(0), encoding="utf-8"):
        job = json.loads(line)
        importlib.import_module(f"{_MODULES}{job['module']}")
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if child == 0:
                _become_module(job, output.fileno())
            _pid, status = os.waitpid(child, 0)
            output.seek(0)
            text = output.read().decode(errors="replace")
        print(json.dumps({"rc": os.waitstatus_to_exitcode(status), "text": text}), flush=True)


def _become_module(job: dict[str, object], output: int) -> None:
    """Never returns: the module ends this process."""
    from ansible.module_utils.testing import patch_module_args

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
