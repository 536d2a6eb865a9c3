# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that a user may meet, provoked on real Xen: the message, the error_id, and a host that is as before.

"As before" is seen without the collection: all domains with their ids, memory, vcpus and whether they are paused; all
of /etc/xen with modes and times; the text of the config files.
"""

from __future__ import annotations

from collections.abc import Iterator

import cases
import pytest
from onlab import LabHost

DATA = cases.load("errors.yml")


@pytest.fixture(scope="module")
def host(lab_host: LabHost) -> Iterator[LabHost]:
    """The host with a guest that has what others will want and will not shut down, and with files that are wrong."""
    lab_host.module("xen_domain", DATA["holder"])
    lab_host.sh(
        'printf \'name = "broken"\\nmemory = 4\\nkernel = "/srv/domu/nano"\\ndisk = [ "a", b ]\\n\' '
        ">/etc/xen/broken.cfg; "
        "printf '#!/bin/sh\\nexit 1\\n' >/etc/xen/scripts/vif-fails; chmod +x /etc/xen/scripts/vif-fails"
    )
    yield lab_host
    lab_host.sh("rm -f /etc/xen/holder.cfg /etc/xen/broken.cfg /etc/xen/old.cfg /etc/xen/scripts/vif-fails")


@pytest.mark.parametrize("error", DATA["errors"], ids=lambda error: error["what"])
def test_error(host: LabHost, error: dict) -> None:
    if "prepare" in error:
        host.sh(error["prepare"])
    before = host.host.run(DATA["look"]).stdout
    try:
        failed = host.fails("xen_domain", error["options"], error["id"])
        after = host.host.run(DATA["look"]).stdout
    finally:
        if "undo" in error:
            host.sh(error["undo"])
    assert not failed.get("changed")
    assert "Traceback" not in failed.get("exception", "")
    assert after == before or error.get("changes")
    cases.require_seen(error["says"], failed["msg"])
    for key, value in error.get("returns", {}).items():
        assert failed[key] == value
    if "look" in error:
        cases.require_seen(error["seen"], host.host.run(f"( {error['look']} ) 2>&1").stdout)


def test_destroys_a_guest_that_ignores_its_shutdown_when_told_to(host: LabHost) -> None:
    done = host.module("xen_domain", {"name": "holder", "state": "stopped", "timeout": 3, "force": True})
    assert done["changed"]
    assert host.rc("xl list holder") != 0
    assert host.sh("stat -c %s /srv/domu/disk0.img").strip() == str(16 << 20)
