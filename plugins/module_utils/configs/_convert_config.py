# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The task of xen_convert_config: read a config file of xm, tell what xl makes of it, write that if asked to."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _xm_convert
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_data, mask_text


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module's result.

    :raises XenError: the file cannot be read, or something of it would be lost and nobody said that it may.
    """
    source = _values.absolute_path("src", params["src"])
    text = _configfile.text_of(source)
    if text is None:
        raise HostError(f"{source} does not exist.", error_id="no_config")
    made = _xm_convert.convert(text, source, params["variables"] or {})
    findings = [{**finding._asdict(), "message": mask_data(finding.message)} for finding in made.findings]
    result: dict[str, Any] = {
        "changed": False,
        "actions": [],
        "config": mask_text(made.text),
        "findings": findings,
        "complete": made.complete,
    }
    if params["dest"]:
        result.update(_write(params, made, findings, check_mode))
    return result


def _write(
    params: dict[str, Any], made: _xm_convert.Conversion, findings: list[dict[str, Any]], check_mode: bool
) -> dict[str, Any]:
    path = _values.absolute_path("dest", params["dest"])
    if os.path.realpath(path) == os.path.realpath(params["src"]):
        raise BadValue("dest", path, "this is the source, which is kept: xm may still need it.")
    before = _configfile.text_of(path)
    if before == made.text:
        return {}
    lost = [f"line {each['line']}: {each['key']}: {each['message']}" for each in findings if each["level"] == "lost"]
    if lost and not params["force"]:
        raise XenError(
            f"{path} was not written, since xl has no words for some of {params['src']}: {' '.join(lost)} "
            "Change that file, or accept the loss with `force: true`.",
            error_id="conversion_incomplete",
            findings=findings,
        )
    backup = None if check_mode else _configfile.write(path, made.text, bool(params["backup"]))
    return {
        "changed": True,
        "actions": [f"write {path}"],
        "diff": [
            {
                "before_header": path if before is not None else "/dev/null",
                "after_header": path,
                "before": mask_text(before or ""),
                "after": mask_text(made.text),
            }
        ],
        **({"backup_file": backup} if backup else {}),
    }
