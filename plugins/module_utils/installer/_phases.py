# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A domain that is installed by its own installer, and then runs what was installed: two configs, one after the other.

The installer's config holds until the guest powers off; from then on it is the other one. Where that is, is kept in a
stamp, since a guest that does not run tells nobody why. Source: the installation in NetBSD/Xen's HOWTO ("halt -p", not
a reboot, which would load the installer again).
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain_spec import domain_spec
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_spec
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _host, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_stamp
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

AUTO, INSTALL, FINAL = "auto", "install", "final"
PHASES = (AUTO, INSTALL, FINAL)
# stamps: the installer is about to be started; it runs; what was installed runs
STARTING = "starting"
START, WAIT, SWITCH, KEEP = "start the installer", "wait for it", "switch", "keep"
# What an installer's guest does at its end, whatever its config would say: it stays away, and a crash can be looked at.
_ENDS = {"on_poweroff": "destroy", "on_reboot": "destroy", "on_crash": "preserve"}
# options that are not properties of the domain
_TASK = ("name", "toolstack", "config_dir")
_POLL_SECONDS = 2.0
# clocks are set a little at boot
_CLOCK_SECONDS = 120.0
_RUNS = (_listing.RUNNING, _listing.PAUSED)


class Phase(NamedTuple):
    """:param phase: ``starting``, ``install`` or ``final``. :param booted: the host's last boot then, in seconds."""

    phase: str
    booted: float


def next_step(stamp: Phase | None, state: str | None, exists: bool, booted: float, asked: str, name: str) -> str:
    """What is to be done now; a pure function.

    :param state: of the domain, None when there is none on the host. :param exists: it has a config file.
    :param booted: the host's last boot. :param asked: ``auto``, or the phase to go on with.
    :raises ConflictError: an installer would be started over a guest that is somebody's (``domain_exists``); the
        installer has crashed (``installer_crashed``); or nobody knows whether it had ended (``phase_unknown``).
    """
    if state == _listing.CRASHED and (stamp is None or stamp.phase != FINAL):
        raise ConflictError(
            f"The installer of {name} has crashed. Look at its console, then remove the domain (`xl destroy {name}`) "
            "and say `phase: install`, to begin again.",
            error_id="installer_crashed",
        )
    phase = stamp.phase if stamp else None
    if asked == FINAL:
        if state is not None and phase in (STARTING, INSTALL):
            raise ConflictError(f"The installer of {name} still runs.", error_id="installer_runs")
        return KEEP if phase == FINAL else SWITCH
    if phase == FINAL and asked == AUTO:
        return KEEP
    if phase in (STARTING, INSTALL) and state is not None:
        return WAIT
    if asked == INSTALL and state is None:
        return START
    if phase == STARTING:
        return START
    if phase is None:
        if not exists and state is None:
            return START
        raise ConflictError(
            f"There is a domain {name} already, and its installation was not begun by this. An installer is not "
            "started over it. Say `phase: final` if it is installed.",
            error_id="domain_exists",
        )
    if asked == INSTALL:
        raise ConflictError(f"{name} runs. Stop it before its installer is started again.", error_id="domain_exists")
    if stamp and booted > stamp.booted + _CLOCK_SECONDS:
        raise ConflictError(
            f"The host was rebooted while the installer of {name} ran, so nobody knows whether it had ended. Say "
            "`phase: final` if it had, or `phase: install` to begin again.",
            error_id="phase_unknown",
        )
    return SWITCH


def final_properties(install: dict[str, Any], final: dict[str, Any]) -> dict[str, Any]:
    """The second config: its own properties, and none of those that only the first one has.

    A property that a task does not give is left alone otherwise, so the installer's ramdisk would stay.
    """
    extra = dict(final.get("extra_config") or {})
    first = {*install, *_ENDS, *(install.get("extra_config") or {})}
    for name in sorted(first - {*final, *extra}):
        option = _options.BY_NAME.get(name)
        if option or name not in domain_spec():
            extra[option.key if option else name] = None
    return {**final, "extra_config": extra}


class InstallTask:
    """:param params: the module's parameters. :param check: plan, but do not apply."""

    def __init__(self, params: dict[str, Any], check: bool, sleep: Callable[[float], None] = time.sleep) -> None:
        self.params, self.check, self.sleep = params, check, sleep
        self.name = _values.domain_name("name", params["name"])
        if params["timeout"] < 0:
            raise BadValue("timeout", params["timeout"], "seconds cannot be negative.")
        first = {**params["install"], **_ENDS}
        second = final_properties(params["install"], params["final"])
        self.install = self._domain_params("install", {**first, "state": "running"})
        self.final = self._domain_params("final", {"state": "running", **second})

    def _domain_params(self, option: str, given: dict[str, Any]) -> dict[str, Any]:
        """:raises BadValue: xen_domain would not take it."""
        wrong = [key for key in _TASK if key in given]
        if wrong:
            raise BadValue(option, wrong, "say this once, in the task itself.")
        common = {key: self.params[key] for key in ("toolstack", "config_dir")}
        return {**_domains_spec.domain_params(option, {**given, "name": self.name}), **common}

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: what is done is done; running it again goes on from there.
        """
        _host.require_root()
        stamp = self._read()
        step = self._step(stamp, self.params["phase"])
        if step in (SWITCH, KEEP):
            return self._to_final(step)
        result: dict[str, Any] = {"changed": False, "actions": [], "diff": [], "warnings": []}
        if step == START:
            result = self._start()
        elif stamp and stamp.phase == STARTING and not self.check:
            self._write(INSTALL)
        if self.params["timeout"] and not self.check and self._wait():
            done = self._to_final(SWITCH)
            return {**done, "changed": True, "actions": result["actions"] + done["actions"]}
        return {**result, "phase": INSTALL, "console": f"xl console {self.name}"}

    def _step(self, stamp: Phase | None, asked: str) -> str:
        view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        row = view.row(self.name)
        path = self.final["config"] or _configfile.locate(self.name, view.directory, _host.layout().config_suffix)
        state = row.state if row else None
        return next_step(stamp, state, os.path.exists(path), _hostinfo.booted_at(), asked, self.name)

    def _start(self) -> dict[str, Any]:
        if not self.check:
            self._write(STARTING)
        result = _domain.run(self.install, self.check)
        if not self.check:
            self._write(INSTALL)
        return result

    def _to_final(self, step: str) -> dict[str, Any]:
        """The stamp comes first: from here on, the second config is kept, whatever happens."""
        if step == SWITCH and not self.check:
            self._write(FINAL)
        result = _domain.run(self.final, self.check)
        return {**result, "changed": result["changed"] or step == SWITCH, "phase": FINAL, "console": None}

    def _wait(self) -> bool:
        """Until the guest is gone.

        :raises TimedOut: it still runs.
        :raises ConflictError: it has crashed.
        """
        deadline = time.monotonic() + self.params["timeout"]
        while True:
            if self._step(self._read(), AUTO) == SWITCH:
                return True
            if time.monotonic() >= deadline:
                raise TimedOut(
                    f"The installer of {self.name} still runs after {self.params['timeout']} s. Go on with it at its "
                    f"console (`xl console {self.name}`); when the guest has powered off, run this again.",
                    phase=INSTALL,
                )
            self.sleep(_POLL_SECONDS)

    # the stamp

    def _read(self) -> Phase | None:
        path = _install_stamp.path_of(self.name, "phase")
        text = _systemfile.read(path)
        if text is None:
            return None
        try:
            data = json.loads(text)
            return Phase(str(data["phase"]), float(data["booted"]))
        except (ValueError, KeyError, TypeError) as error:
            raise XenError(f"{path} is damaged: {error}. Remove it, and say which `phase` it is.") from error

    def _write(self, phase: str) -> None:
        os.makedirs(_install_stamp.FOLDER, mode=0o755, exist_ok=True)
        text = json.dumps(Phase(phase, _hostinfo.booted_at())._asdict()) + "\n"
        _atomicfile.write(_install_stamp.path_of(self.name, "phase"), text.encode())
