# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A kernel for guests out of a NetBSD release: checked, looked into, and put into the dom0 for the toolstack."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_image
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _download
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _host
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_plan, _release_files

_MODE = 0o644


def load(release: _release_files.Release, config: str) -> tuple[bytes, bytes]:
    """The kernel as the release has it, and not compressed.

    :raises XenError: it cannot be had, is damaged, of another machine, or not for guests (``wrong_kernel``).
    """
    file = release.kernel(config)
    with open(release.fetch(file), "rb") as stream:
        data = stream.read()
    plain = _boot_image.expanded(data, file.name)
    _install_plan.require_machine(plain, file.name, release.machine)
    found = _boot_image.identify(data, file.name)
    if found.kind in (_boot_image.HYPERVISOR, _boot_image.DOM0):
        raise XenError(f"{file.name} is a {found.kind} kernel, and not one for guests.", error_id="wrong_kernel")
    return data, plain


def put(path: str, data: bytes) -> None:
    """Write a kernel into the dom0.

    :raises XenError: no such folder, or no space; what was there is untouched.
    """
    _atomicfile.write(path, data, new_mode=_MODE)


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """The whole task of netbsd_kernel. A kernel that is there is good as it is.

    :raises XenError: nothing was changed.
    """
    _host.require_root()
    _release_files.check_number(params["release"])
    path = params["path"]
    missing = not os.path.exists(path)
    if missing and not check:
        cache = params["cache"] or _download.CACHE
        release = _release_files.Release(params["source"], params["release"], params["machine"], cache)
        put(path, load(release, params["kernel_config"])[0])
    actions = [f"put the kernel {params['kernel_config']} of NetBSD {params['release']} at {path}"] if missing else []
    diff = [
        {"before_header": "/dev/null", "after_header": path, "before": "", "after": f"{each}\n"} for each in actions
    ]
    return {"changed": missing, "actions": actions, "diff": diff}
