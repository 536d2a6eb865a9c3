# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: memory, virtual CPUs, where they run and how much of the host they get, NUMA, and limits in Xen."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.options import (
    _kinds,
    _kinds_lists,
    _live,
    _live_special,
    _spec_vnuma,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    INT,
    RAW,
    STR,
    Option,
    choice,
    flag,
    same,
)

_ALTP2M = ("disabled", "mixed", "external", "limited")
_TSC_MODES = ("default", "always_emulate", "native", "native_paravirt")
_INT_MAX = 2**31 - 1

CPU: tuple[Option, ...] = (
    same("memory", _kinds.MEMORY, _live.build_info_mib("target_memkb"), STR, change="set_memory", limit="maxmem"),
    same("maxmem", _kinds.MEMORY, _live.build_info_mib("max_memkb"), STR, change="set_maxmem"),
    same("vcpus", _kinds.COUNT, _live.available_vcpus, INT, change="set_vcpus", limit="maxvcpus"),
    same("maxvcpus", _kinds.COUNT, _live.maximum_vcpus, INT),
    same("cpus", _kinds.CPUS, _live.affinity("vcpu_hard_affinity"), RAW, change="pin_vcpus",
         agrees=_live_special.same_vcpus),
    same("cpus_soft", _kinds.CPUS, _live.affinity("vcpu_soft_affinity"), RAW, agrees=_live_special.same_vcpus),
    same("pool", _kinds.TEXT, _live.create_info("pool_name"), STR),
    same("cpu_weight", _kinds.integer(1, 65535), _live.scheduling("weight"), INT, change="set_weight"),
    same("cap", _kinds.integer(0, 65535), _live.scheduling("cap"), INT, change="set_cap"),
    same("vnuma", _kinds_lists.nested_lists(_spec_vnuma), _live_special.vnuma, RAW),
    same("shadow_memory", _kinds.MIB, _live.build_mib("shadow_memkb", None), STR),
    same("cpuid", _kinds_lists.CPUID, _live.not_told, RAW),
    same("tsc_mode", _kinds.words(*_TSC_MODES, numbered=True), _live.build_info("tsc_mode", "default"),
         choice(*_TSC_MODES)),
    same("altp2m", _kinds.words(*_ALTP2M, numbered=True), _live.build_info("altp2m", "disabled"), choice(*_ALTP2M)),
    flag("nestedhvm", _live.build_flag("nested_hvm", 0)),
    flag("hap", _live.create_flag("hap", None)),
    flag("oos", _live.create_flag("oos", None)),
    same("max_grant_frames", _kinds.integer(0, _INT_MAX), _live.build_info("max_grant_frames", None), INT),
    same("max_maptrack_frames", _kinds.integer(0, _INT_MAX), _live.build_info("max_maptrack_frames", None), INT),
    same("max_grant_version", _kinds.integer(0, _INT_MAX), _live.build_info("max_grant_version", None), INT),
    same("max_event_channels", _kinds.integer(0, 131071), _live.build_info("event_channels", 1023), INT),
    same("vmtrace_buf_kb", _kinds.NUMBER, _live.build_info("vmtrace_buf_kb", 0), INT),
)  # fmt: skip
