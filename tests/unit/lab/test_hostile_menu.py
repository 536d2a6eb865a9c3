# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile text in a boot entry: refused, or in the menu so that the loaders boot exactly what was said.

A menu that boots something else, or has one entry more, is a host that does not come up.
"""

from __future__ import annotations

from typing import Any

import pytest
from test_boot_oracle import LOADERS, booted, check, planned

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_hostile import HOSTILE

# The lab's loaders show bytes that are no UTF-8 as Latin-1, so the same bytes are not the same text.
TEXTS = {what: text for what, text in HOSTILE.items() if what != "no UTF-8"}
FIELDS = ("name", "kernel", "hypervisor", "argument", "value")


def wanted(field: str, text: str) -> Wanted:
    said: dict[str, Any] = {
        "name": "Xen", "hypervisor": "/xen420.gz", "kernel": "/netbsd-XEN3_DOM0.gz", "xen_args": {"dom0_mem": "512M"},
    }  # fmt: skip
    if field == "argument":
        said["xen_args"] = {"extra": [text]}
    elif field == "value":
        said["kernel_args"] = {"root": text}
    else:
        said[field] = f"/{text}" if field != "name" else text
    return Wanted(**said)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_hostile_text(loader: str, text: str) -> None:
    before = _boot.parse(loader, LOADERS[loader])
    for field in FIELDS:
        try:
            after = planned(loader, LOADERS[loader], wanted(field, text))
        except XenError as error:
            assert error.message and error.details["error_id"]
            continue
        document = _boot.parse(loader, after)
        assert len(document.entries) == len(before.entries) + 1, f"{field}: {after}"
        assert document.default is not None
        (entry,) = [entry for entry in document.entries if entry.kind == "xen"]
        assert field != "name" or entry.text == text
        if field in ("name", "argument", "value"):
            check(entry, booted(loader, after, entry.number).result)
            assert entry.hypervisor and entry.kernel
            assert field != "argument" or not text or text in entry.hypervisor.args
            assert field != "value" or not text or f"root={text}" in entry.kernel.words.split(" ")
