# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a whole task of xen_domains takes by itself: many guests that are as declared, and no Xen to ask.

What xl would print is made once, before; so the time is that of checking the task's options, reading the config files
and xl's JSON, planning, and writing the result.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netbsd.xen.plugins.module_utils.core import _xen_module
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains, _domains_spec
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack, _xl
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen

CONFIG = """name = "{name}"
type = "pv"
kernel = "{kernel}"
memory = 512
vcpus = 2
disk = ["{disk},raw,xvda,rw"]
vif = ["mac={mac},bridge=xenbr0"]
"""
ROW = "{name:40} {domid:5} {memory:5} {vcpus:5}     -b----       1.0"


class Printed(_xl.Xl):
    """The toolstack xl, of which it is known what it prints."""

    def __init__(self, listing: str, long: str) -> None:
        super().__init__("/usr/pkg/sbin/xl")
        self._listing, self._long = listing, long

    def listing(self) -> list[_listing.Row]:
        return _listing.parse_list(self._listing)

    def configurations(self) -> dict[int, dict[str, Any]]:
        return _listing.parse_long(self._long)


@contextlib.contextmanager
def host(count: int) -> Iterator[dict[str, Any]]:
    """A host with so many guests as declared, and the parameters of the task that declares them."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "xen").mkdir()
        fake = FakeXen(folder / "fake")
        guests = [_guest(number, fake) for number in range(count)]
        for guest in guests:
            (folder / "xen" / guest["name"]).write_text(CONFIG.format(**guest))
        toolstack = Printed(*_printed(fake, guests))
        with contextlib.ExitStack() as replaced:
            replaced.enter_context(mock.patch.object(_toolstack, "find", lambda choice: toolstack))
            replaced.enter_context(mock.patch.object(_lock, "PATH", str(folder / "lock")))
            replaced.enter_context(mock.patch.object(_host, "require_root", lambda: None))
            yield _parameters(folder / "xen", guests)


def task(parameters: dict[str, Any]) -> str:
    """The task, from its checked options to what the module prints.

    :raises RuntimeError: it would do something, so it would be the time of something else.
    """
    result = _domains.run(parameters, False)
    if result["changed"]:
        raise RuntimeError(f"the benchmark's guests are not as declared: {result['actions'][:3]}")
    return json.dumps(result)


def _guest(number: int, fake: FakeXen) -> dict[str, Any]:
    """What is said of a guest, in its config file and in xl's listing."""
    return {
        "name": f"guest{number}",
        "kernel": str(fake.kernel),
        "memory": 512,
        "vcpus": 2,
        "disk": str(fake.directory / f"guest{number}.img"),
        "mac": f"00:16:3e:00:{number // 256:02x}:{number % 256:02x}",
        "domid": number + 1,
    }


def _parameters(directory: Path, guests: list[dict[str, Any]]) -> dict[str, Any]:
    domains = [
        {
            "name": guest["name"],
            "disks": [{"target": guest["disk"], "vdev": "xvda"}],
            "vifs": [{"mac": guest["mac"], "bridge": "xenbr0"}],
        }
        for guest in guests
    ]
    spec = {**_domains_spec.options_spec(), **_xen_module.common_spec()}
    shared = {key: guests[0][key] for key in ("kernel", "memory", "vcpus")}
    given = {"domains": domains, "defaults": {"state": "running", "type": "pv", **shared}, "config_dir": str(directory)}
    checked = ArgumentSpecValidator(spec).validate(given)
    if checked.error_messages:
        raise RuntimeError(checked.error_messages)
    parameters: dict[str, Any] = checked.validated_parameters
    return parameters


def _printed(fake: FakeXen, guests: list[dict[str, Any]]) -> tuple[str, str]:
    """`xl list` and `xl list -l` of these guests; the second is the fake's of one of them, for each."""
    one = guests[0]
    Path(one["disk"]).touch()
    fake.add_domain(CONFIG.format(**one))
    long = subprocess.run(
        [fake.bin / "xl", "list", "-l"], env=fake.environment, capture_output=True, text=True, check=True
    ).stdout
    domain = next(domain for domain in json.loads(long) if domain["config"]["c_info"].get("name") == one["name"])
    entries = [{**domain, "domid": guest["domid"], "config": _config(domain["config"], one, guest)} for guest in guests]
    rows = ["Name  ID  Mem VCPUs State Time(s)", ROW.format(**{**one, "name": "Domain-0", "domid": 0})]
    return "\n".join([*rows, *(ROW.format(**guest) for guest in guests)]), json.dumps(entries)


def _config(config: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """libxl's configuration of one guest as that of another one."""
    text = json.dumps(config)
    for key in ("disk", "mac", "name"):
        text = text.replace(f'"{one[key]}"', f'"{other[key]}"')
    changed: dict[str, Any] = json.loads(text)
    changed["c_info"]["uuid"] = f"00000000-0000-4000-8000-{other['domid']:012}"
    return changed
