# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that has ansible and the modules loaded, and forks once for each module run.

Each run is a process of its own, as on a managed host: its own environment, arguments, stdout and exit. Only the second
that Python takes to import ansible is saved, which makes hundreds of runs bearable. Reads one JSON object a line from
stdin (``module``, ``arguments``, ``environment``, ``root``, ``output``, ``moves``, and optionally
``dies_after_step``, or ``dies_at``, ``points`` and ``error`` for ``dying``), answers with a line when the run ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

_MODULES = "ansible_collections.netbsd.xen.plugins.modules."
_UTILS = "ansible_collections.netbsd.xen.plugins.module_utils."
_NAP = 0.01


def main(modules: list[str]) -> None:
    from ansible.module_utils import testing  # noqa: F401 - loaded once, for all the runs

    from ansible_collections.netbsd.xen.tests.unit.contract import dying, forked  # noqa: F401

    for module in modules:
        importlib.import_module(_MODULES + module)
    # What is loaded stays as it is in the forks: the garbage collector must not touch, and so copy, its pages.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _become_module(job)
        _pid, status = os.waitpid(child, 0)
        print(json.dumps({"rc": os.waitstatus_to_exitcode(status)}), flush=True)


def _become_module(job: dict[str, Any]) -> None:
    """Never returns: the module ends this process."""
    from ansible.module_utils.testing import patch_module_args

    from ansible_collections.netbsd.xen.tests.unit.contract import dying, forked

    os.environ.clear()
    os.environ.update(job["environment"])
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    tempfile.tempdir = job["environment"]["TMPDIR"]
    _move_host(job["root"])
    for name, value in job["moves"].items():
        util, _dot, constant = name.rpartition(".")
        setattr(importlib.import_module(_UTILS + util), constant, value)
    if job.get("dies_after_step"):
        _die_after_step(job["dies_after_step"])
    if "dies_at" in job:
        dying.Points(job["dies_at"], os.path.dirname(job["root"]), job["points"], job.get("error", 0)).arm()
    subprocess.Popen = forked.popen  # type: ignore[misc,assignment]
    time.sleep = _short(time.sleep)
    status = 70  # no module ends without SystemExit
    try:
        with patch_module_args(job["arguments"]):
            importlib.import_module(_MODULES + job["module"]).main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _move_host(root: str) -> None:
    """Let the modules find the host's files below ``root``: they name each place in one constant."""
    host: Any = importlib.import_module(_UTILS + "host._host")
    host.SAVE_DIR = f"{root}/save"
    host.LOG_DIR = f"{root}/log"
    host.SYS_CLASS_NET = f"{root}/net"
    host.XEN_CAPABILITIES = f"{root}/capabilities"
    moved = host._LAYOUTS["Linux"]._replace(config_dir=f"{root}/etc", auto_dir=f"{root}/auto")
    host._LAYOUTS["Linux"] = moved
    host.name = lambda: "xen1"
    links: Any = importlib.import_module(_UTILS + "autostart._autostart_links")
    links.SETTINGS = (f"{root}/default/xendomains",)
    links.SCRIPTS, links.ENABLED = (f"{root}/xendomains",), (f"{root}/S??xendomains",)
    lock: Any = importlib.import_module(_UTILS + "host._lock")
    lock.PATH = f"{root}.lock"


def _die_after_step(number: int) -> None:
    """Let this process be killed when it has done so many steps of its plans."""
    apply: Any = importlib.import_module(_UTILS + "domain._apply")
    real, done = apply.Applier._do, []

    def counted(self: Any, step: Any) -> None:
        real(self, step)
        done.append(step)
        if len(done) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    apply.Applier._do = counted


def _short(sleep: Callable[[float], None]) -> Any:
    """The modules' pauses between two looks at the fake, which does not go by the clock."""
    return lambda seconds: sleep(min(seconds, _NAP))


if __name__ == "__main__":
    main(sys.argv[1:])
