# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The services of one version of Xen as they shall be: scripts in /etc/rc.d, variables in rc.conf, daemons that run.

What must never happen, and why: `xencommons stop` kills xenstored, which cannot be started again under running guests
(xen, tools/hotplug/NetBSD/rc.d/xencommons.in), so nothing is ever stopped or restarted here. `xencommons status` is
always 0, so the process table is asked. `xendomains start` creates running guests a second time, so it is left to the
host's boot.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import (
    EXAMPLES,
    PREFIX,
    RELEASES,
    Release,
    Service,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_services, _hostinfo_system
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_services import RC_D
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgsrc
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf, _rcconf_plan
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_plan import RcPlan, Wish

MODE = 0o755
DOMAINS = "xendomains"
WATCHDOG = "xen-watchdog"
XEND = "xend"
COMMONS = "xencommons"
# What the scripts look at besides their rcvars (files/*.sh of the packages), by our option.
LOGS = {
    "xenstored_trace": ("XENSTORED_TRACE",),
    "xenconsoled_trace": ("XENCONSOLED_TRACE",),
    "xend_debug": ("XEND_DEBUG", "XENBACKENDD_DEBUG"),
}
_ALL_SCRIPTS = tuple(sorted({each.script for row in RELEASES.values() for each in row.services}))
_ALL_RCVARS = tuple(sorted({each.rcvar for row in RELEASES.values() for each in row.services if each.rcvar}))


class Request(NamedTuple):
    """What a task asks for. None leaves a thing as it is.

    :param exact: whether ``xendomains`` is the whole list.
    :param xend: whether 4.2, which has both toolstacks, shall have xend.
    :param logs: values by name in ``LOGS``.
    :param start: whether what is switched on shall run now, where this is the dom0.
    """

    version: str = ""
    xendomains: list[str] | None = None
    exact: bool = False
    xendomains_config: str | None = None
    watchdog: bool | None = None
    xend: bool = False
    logs: dict[str, Any] = {}
    start: bool = True


class Script(NamedTuple):
    """A file of /etc/rc.d to write (``after``) or to remove (``after`` is None)."""

    name: str
    before: bytes | None
    after: bytes | None

    @property
    def path(self) -> str:
        return f"{RC_D}/{self.name}"

    @property
    def action(self) -> str:
        if self.after is None:
            return f"remove {self.path}"
        return f"copy {EXAMPLES}/{self.name} to {self.path}"


class Start(NamedTuple):
    """A daemon to start, and the processes that must be there then."""

    command: tuple[str, ...]
    processes: tuple[str, ...]


class Plan(NamedTuple):
    """
    :param predicted: scripts that a package would bring which is not installed yet (check mode only).
    """

    row: Release
    scripts: list[Script]
    modes: list[str]
    predicted: list[str]
    variables: RcPlan
    starts: list[Start]
    dom0: bool
    warnings: tuple[str, ...] = ()

    @property
    def actions(self) -> list[str]:
        actions = [script.action for script in self.scripts]
        actions += [f"copy {EXAMPLES}/{name} to {RC_D}/{name}" for name in self.predicted]
        actions += [f"chmod 755 {path}" for path in self.modes]
        actions += self.variables.actions
        return actions + [" ".join(start.command) for start in self.starts]

    @property
    def changed(self) -> bool:
        return bool(self.actions)

    def diff(self) -> list[dict[str, str]]:
        parts = [
            {
                "before_header": "/dev/null" if script.before is None else script.path,
                "after_header": "/dev/null" if script.after is None else script.path,
                "before": (script.before or b"").decode(errors="replace"),
                "after": (script.after or b"").decode(errors="replace"),
            }
            for script in self.scripts
        ]
        return parts + self.variables.diff()


def plan(request: Request, probe: Probe, check_mode: bool = False) -> Plan:
    """All that the task will do.

    :param check_mode: the packages may not be there yet.
    :raises HostError: there is no such Xen on this host, or none that it could have.
    :raises BadValue: xendomains would not mean what it seems to.
    """
    installed = _pkgsrc.installed()
    row = _hostinfo_system.chosen_row(probe, request.version, installed)
    if row is None:
        raise HostError("No Xen is installed on this host. Give the version that it shall have.", error_id="no_xen")
    missing = row.tools_package not in installed
    if missing and not check_mode:
        raise HostError(
            f"{row.tools_package} is not installed, and the scripts of Xen {row.version} come with it. Install it "
            "first, as the role xen_packages does.",
            error_id="no_tools",
        )
    scripts, predicted = _scripts(row, probe, missing)
    modes = [path for path in _paths(row) if _lacks_mode(probe, path) and path not in {each.path for each in scripts}]
    values = probe.sysctl(_hostinfo_system.SUBTREE)
    running = _hostinfo_system.running(probe, values)
    starts: list[Start] = []
    warnings: list[str] = []
    if request.start and running["dom0"]:
        starts, warnings = _starts(request, row, probe, running["xen_version"])
        if starts and not probe.exists(_hostinfo_system.PRIVCMD):
            starts = []
            warnings.append(_without_kernfs(check_mode))
    variables = _rcconf_plan.plan(_wishes(request, row, probe), reader=probe.text)
    return Plan(row, scripts, modes, predicted, variables, starts, bool(running["dom0"]), tuple(warnings))


def is_on(service: Service, request: Request, probe: Probe) -> bool:
    """Whether the service shall be switched on. A watchdog that nobody speaks of stays as it is; xend beside xl does
    not: the one hinders the other."""
    if service.rcvar is None:
        return False
    if service.script == WATCHDOG and request.watchdog is None:
        return _enabled(probe, service.rcvar)
    asked = {WATCHDOG: bool(request.watchdog), XEND: request.xend}
    return not service.optional or asked.get(service.script, False)


# scripts


def _paths(row: Release) -> list[str]:
    return [f"{RC_D}/{service.script}" for service in row.services]


def _scripts(row: Release, probe: Probe, missing: bool) -> tuple[list[Script], list[str]]:
    """What is to be copied and removed, and what a package is expected to bring."""
    changes, predicted = [], []
    ours = [service.script for service in row.services]
    for name in ours:
        before, after = probe.read(f"{RC_D}/{name}"), probe.read(f"{EXAMPLES}/{name}")
        if missing and before is None:
            predicted.append(name)
        elif missing:
            continue  # of another version, whose package is still there: nobody knows yet what the new one has
        elif after is None:
            raise HostError(
                f"{EXAMPLES}/{name} does not exist, though {row.tools_package} is installed. Install it again.",
                error_id="no_script",
            )
        elif before != after:
            changes.append(Script(name, before, after))
    for name in _ALL_SCRIPTS:
        before = None if name in ours else probe.read(f"{RC_D}/{name}")
        if before is not None:
            changes.append(Script(name, before, None))
    return changes, predicted


def _lacks_mode(probe: Probe, path: str) -> bool:
    found = probe.stat(path)
    return found is not None and found.st_mode & 0o7777 != MODE


# variables


def _wishes(request: Request, row: Release, probe: Probe) -> list[Wish]:
    on = [service.rcvar for service in row.services if service.rcvar and is_on(service, request, probe)]
    wishes = []
    for rcvar in dict.fromkeys(on):
        if not _enabled(probe, rcvar):
            wishes.append(_rcconf_plan.wish(rcvar, True))
    for rcvar in _ALL_RCVARS:
        # only what somebody has switched on: a host need not say NO to what it has never heard of
        if rcvar not in on and _enabled(probe, rcvar):
            wishes.append(_rcconf_plan.wish(rcvar, False))
    return wishes + _domain_wishes(request) + _log_wishes(request, row)


def _enabled(probe: Probe, rcvar: str) -> bool:
    return _rcconf.RcConf(rcvar, reader=probe.text).enabled(rcvar)


def _domain_wishes(request: Request) -> list[Wish]:
    wishes = []
    for name in request.xendomains or []:
        if _rcconf.yes(name) is not None:
            raise BadValue(
                DOMAINS, name, "this is a list of domains, not a switch. Put a domain's name here.",
                error_id="list_not_switch",
            )  # fmt: skip
    if request.xendomains is not None and request.exact:
        wishes.append(_rcconf_plan.wish(DOMAINS, list(request.xendomains)))
    elif request.xendomains:
        wishes.append(_rcconf_plan.list_wish(DOMAINS, request.xendomains, []))
    if request.xendomains_config is not None:
        if request.xendomains_config.count("%") != 1 or "%s" not in request.xendomains_config:
            raise BadValue(
                "xendomains_config",
                request.xendomains_config,
                "it must have one %s, which stands for the name of a domain, and no other %.",
            )
        wishes.append(_rcconf_plan.wish("xendomains_config", request.xendomains_config))
    return wishes


def _log_wishes(request: Request, row: Release) -> list[Wish]:
    """A variable that is empty or not set keeps its daemon quiet."""
    scripts = [service.script for service in row.services]
    wishes = []
    for option, variables in LOGS.items():
        value = request.logs.get(option)
        if value is None:
            continue
        needs = XEND if option == "xend_debug" else COMMONS
        if needs not in scripts and value not in (False, "none"):
            raise BadValue(option, value, f"the scripts of Xen {row.version} do not know it.")
        quiet = value in (False, "none")
        written = None if quiet else "1" if value is True else value
        wishes += [_rcconf_plan.wish(name, written) for name in variables]
    return wishes


# daemons


def _starts(request: Request, row: Release, probe: Probe, running: str | None) -> tuple[list[Start], list[str]]:
    """What is switched on and does not run. Daemons of another Xen than the one that runs are left for the reboot."""
    if running and not _same_version(running, row.version):
        text = f"Xen {running} runs, so the daemons of {row.version} are not started before the host is rebooted."
        return [], [text]
    table = _hostinfo_services.processes(probe)
    starts = []
    for service in row.services:
        if not is_on(service, request, probe) or service.process is None:
            continue
        names = (service.process, *_hostinfo_services.WITH_IT.get(service.script, ()))
        gone = [name for name in names if _hostinfo_services.pid_of(probe, table, name) is None]
        if service.process in gone:
            starts.append(Start((f"{RC_D}/{service.script}", "start"), names))
        else:
            # its script would start xenstored a second time
            starts += [Start((f"{PREFIX}/sbin/{name}",), (name,)) for name in gone]
    return starts, []


def _without_kernfs(check_mode: bool) -> str:
    """The scripts only warn of it, and go on to leave half of the daemons hanging."""
    text = f"The daemons cannot start without {_hostinfo_system.PRIVCMD}: kernfs is not mounted on /kern."
    if not check_mode:
        raise HostError(f"{text} The role xen_devices mounts it. Nothing was changed.", error_id="no_kernfs")
    return text


def _same_version(running: str, version: str) -> bool:
    return running == version or running.startswith(f"{version}.")


def state(row: Release, probe: Probe) -> list[dict[str, Any]]:
    """The services as they are, in the words of xen_host_info."""
    return _hostinfo_services.services(probe, row, _hostinfo_services.processes(probe))


def still_missing(starts: Sequence[Start], probe: Probe) -> list[str]:
    """Daemons that do not run although they were started."""
    table = _hostinfo_services.processes(probe)
    names = [name for start in starts for name in start.processes]
    return [name for name in dict.fromkeys(names) if _hostinfo_services.pid_of(probe, table, name) is None]
