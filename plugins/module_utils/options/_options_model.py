# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: the device model (qemu) and its stub domain, what only Arm has, and what only xm reads."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _kinds_lists, _live, _live_special
from ansible_collections.netbsd.xen.plugins.module_utils.options._live import build_flag, build_info, within
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    BOOL,
    FILE,
    INT,
    RAW,
    STR,
    Option,
    choice,
    flag,
    same,
)

_MODELS = ("qemu-xen", "qemu-xen-traditional")
_GIC_VERSIONS = ("default", "v2", "v3")
_VUARTS = ("sbsa_uart",)
_TEES = ("none", "optee", "ffa")
_SVE = ("disabled", *(str(bits) for bits in range(128, 2049, 128)), "hw")

MODEL: tuple[Option, ...] = (
    same("device_model_version", _kinds.words(*_MODELS),
         _live_special.renamed(build_info("device_model_version"), "_", "-"), choice(*_MODELS), completed=True),
    same("device_model_override", _kinds.PATH, build_info("device_model"), FILE),
    same("device_model_user", _kinds.TEXT, build_info("device_model_user"), STR),
    same("device_model_args", _kinds_lists.STRINGS, build_info("extra", []), RAW),
    same("device_model_args_pv", _kinds_lists.STRINGS, build_info("extra_pv", []), RAW),
    same("device_model_args_hvm", _kinds_lists.STRINGS, build_info("extra_hvm", []), RAW),
    flag("device_model_stubdomain_override", build_flag("device_model_stubdomain", 0)),
    same("device_model_stubdomain_seclabel", _kinds.TEXT, build_info("device_model_ssid_label"), STR),
    same("stubdomain_kernel", _kinds.PATH, build_info("stubdomain_kernel"), FILE, completed=True),
    same("stubdomain_cmdline", _kinds.TEXT, build_info("stubdomain_cmdline"), STR),
    same("stubdomain_ramdisk", _kinds.PATH, build_info("stubdomain_ramdisk"), FILE, completed=True),
    same("stubdomain_memory", _kinds.MIB, _live.build_mib("stubdomain_memkb", None), STR),
    flag("dm_restrict", build_flag("dm_restrict", 0)),
)  # fmt: skip

ARM: tuple[Option, ...] = (
    same("gic_version", _kinds.words(*_GIC_VERSIONS), within("arch_arm", "gic_version", default="default"),
         choice(*_GIC_VERSIONS)),
    same("vuart", _kinds.words(*_VUARTS), within("arch_arm", "vuart"), choice(*_VUARTS)),
    same("tee", _kinds.words(*_TEES), _live_special.tee, choice(*_TEES)),
    same("sve", _kinds.words(*_SVE), within("arch_arm", "sve_vl", default="disabled"), choice(*_SVE), newer=True),
    flag("vpmu", build_flag("vpmu", 0)),
)  # fmt: skip


def _old(key: str, kind: _kinds.Kind, spec: dict[str, Any]) -> Option:
    """A key that xm reads and xl does not."""
    return Option(key, key, kind, _live.not_told, spec, only_xm=True)


# Source: gopts.var() in xen tools/python/xen/xm/create.py of 3.1, 3.3 and 4.1. What xl has under another name is said
# with that one: cap (cpu_cap), bootloader_args (bootargs), irqs (irq).
XM: tuple[Option, ...] = (
    _old("device_model", _kinds.TEXT, STR),
    _old("bootentry", _kinds.TEXT, STR),
    _old("cpu", _kinds.NUMBER, INT),
    _old("vcpu_avail", _kinds.NUMBER, INT),
    _old("vhpt", _kinds.NUMBER, INT),
    _old("nics", _kinds.NUMBER, INT),
    _old("fda", _kinds.PATH, FILE),
    _old("fdb", _kinds.PATH, FILE),
    _old("isa", _kinds.FLAG, BOOL),
    _old("description", _kinds.TEXT, STR),
    _old("suppress_spurious_page_faults", _kinds.FLAG, BOOL),
)
