# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the part without a host takes: parsing config files, planning for them, and whole tasks of xen_domains."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import planning
from table import Row

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_domain
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from tests.unit.oracle import xlu

RUNS = 5
COUNTS = (10, 100, 1000)


def measure() -> list[Row]:
    """Parse; parse and plan; a whole task: with nothing to do, for each number of guests."""
    rows = []
    for count in COUNTS:
        texts = [_text(number) for number in range(count)]
        peer = _median(lambda texts=texts: _each(xlu_parse, texts))
        rows.append(Row(f"parse {count} configs: libxlutil", peer, RUNS, peer))
        rows.append(
            Row(f"parse {count} configs: netbsd.xen", _median(lambda t=texts: _each(_xlcfg.parse, t)), RUNS, peer)
        )
        rows.append(Row(f"parse and plan {count} guests", _median(lambda t=texts: _plan_all(t)), RUNS, peer))
        with planning.host(count) as parameters:
            whole = _median(lambda given=parameters: planning.task(given))
        rows.append(Row(f"xen_domains, {count} guests, without xl", whole, RUNS, peer))
    return rows


def xlu_parse(text: str) -> None:
    """Xen's parser on the same text, with one value asked for."""
    if xlu.load().config(text, ("name",)).rc != 0:
        raise RuntimeError("Xen's parser refused the benchmark's own config")


def _each(function: Callable[[str], object], texts: list[str]) -> None:
    for text in texts:
        function(text)


def _properties(number: int) -> dict[str, object]:
    return _options.wanted_from(
        {
            "kernel": "/netbsd-XEN3_DOMU.gz",
            "memory": "512",
            "maxmem": "1G",
            "vcpus": 2,
            "disks": [f"phy:/dev/mapper/vg0-guest{number},xvda,w"],
            "vifs": [{"bridge": "bridge0", "mac": f"00:16:3e:00:{number // 256:02x}:{number % 256:02x}"}],
        }
    )


def _wish(number: int) -> _plan_config.Wish:
    return _plan_config.Wish(f"guest{number}", _properties(number), {}, "exact", "bench")


def _plan_one(number: int, config: _configfile.ConfigFile) -> _plan.Plan:
    situation = _plan_domain.Situation(config, None, "/nowhere.save", False)
    return _plan_domain.plan(_plan_domain.Request("present", _wish(number)), situation, _xl.Commands)


def _text(number: int) -> str:
    text = _plan_one(number, _configfile.ConfigFile(f"/guest{number}", None)).config_after
    assert text is not None
    return text


def _plan_all(texts: list[str]) -> None:
    for number, text in enumerate(texts):
        config = _configfile.ConfigFile(f"/guest{number}", _xlcfg.parse(text))
        if _plan_one(number, config).changed:
            raise RuntimeError("the benchmark's second plan is not empty")


def _median(function: Callable[[], object]) -> float:
    times = []
    for _run in range(RUNS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
