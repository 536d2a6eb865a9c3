# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that xl.cfg writes as key=value: both forms mean the same, and what libxl completes is no difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_devices, _spec_keyed, _spec_vnuma

SPECS = [spec for spec in vars(_spec_devices).values() if isinstance(spec, _spec_keyed.KeyedSpec)]
SAME = [
    (
        _spec_devices.P9,
        " tag=t, path=/srv,,security_model=none,max-space=10,auto-delete=1",
        {"path": "/srv", "tag": "t", "security_model": "none", "max_space": "10", "auto-delete": "yes"},
        "tag=t,security_model=none,path=/srv,max-space=10,auto-delete=1",
    ),
    (_spec_devices.CHANNEL, "name = n , connection = pty", {"name": "n", "connection": "pty"}, "name=n,connection=pty"),
    (_spec_devices.VIRTIO, "type=virtio,device22", {"type": "virtio,device22"}, "type=virtio,device22"),
    (
        _spec_devices.USBDEV,
        "hostbus=1,hostaddr=12",
        {"hostbus": 1, "hostaddr": "12"},
        "type=hostdev,hostbus=1,hostaddr=12",
    ),
    (_spec_devices.VTPM, "backend=3", {"backend": 3, "uuid": None}, "backend=3"),
    (_spec_devices.USBCTRL, "", {}, ""),
]
REFUSED = [
    (_spec_devices.P9, "tag=t,path=/srv", "security_model is missing"),
    (_spec_devices.P9, "tag=t,path=/srv,security_model=none,auto-delete=yes", "must be 0 or 1"),
    (_spec_devices.P9, "tag=t,path=/srv,security_model=none,auto_delete=1", "unknown parameter"),
    (_spec_devices.P9, {"tag": "t", "path": "/a,b", "security_model": "none"}, "comma"),
    (_spec_devices.VKB, {"backend_type": "windows"}, "one of qemu, linux"),
    (_spec_devices.USBCTRL, "version", "unknown parameter"),
    (_spec_devices.USBCTRL, {"ports": -1}, "whole number"),
    (_spec_devices.USBDEV, "hostbus=1,hostaddr=012", "octal"),
    (_spec_devices.USBDEV, "hostbus=0x1", "octal"),
    (_spec_devices.USBCTRL, {"prots": 1}, "known are: type, version, ports"),
    (_spec_devices.VTPM, "backend=3,uuid=x", "not a UUID"),
    (_spec_devices.RDM, "strategy=host,", "unknown parameter"),
]


@pytest.mark.parametrize("spec, text, mapping, written", SAME)
def test_both_forms_mean_the_same(spec, text, mapping, written):
    device = spec.parse(text)
    assert device == spec.from_dict(mapping)
    assert spec.render(device) == written
    assert spec.parse(written) == device == spec.from_dict(spec.as_dict(device))


@pytest.mark.parametrize("spec, said, words", REFUSED)
def test_refused(spec, said, words):
    with pytest.raises(BadValue, match=words) as caught:
        spec.from_dict(said) if isinstance(said, dict) else spec.parse(said)
    assert spec.option in caught.value.message


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.option)
@given(data=st.data())
def test_any_device_is_read_as_it_was_written(spec, data):
    """Whatever keys are given, in any order."""
    values = {
        _spec_keyed.TEXT: st.text("ab/.:-;x019", min_size=1, max_size=6),
        _spec_keyed.NUMBER: st.integers(0, 2**31),
        _spec_keyed.FLAG: st.booleans(),
        _spec_keyed.UUID: st.uuids().map(str),
    }
    chosen = data.draw(st.lists(st.sampled_from(sorted(spec.keys)), unique=True))
    mapping = {}
    for field in {*chosen, *spec.required}:
        kind = spec.keys[field].kind
        mapping[field] = data.draw(st.sampled_from(kind) if isinstance(kind, tuple) else values[kind])
    device = spec.from_dict(mapping)
    assert {**spec.implied, **mapping} == device
    assert not device or spec.parse(spec.render(device)) == device


@pytest.mark.parametrize(
    "wanted, live, same",
    [
        ([{"type": "pv"}], [{"type": "pv", "version": 2, "ports": 8}], True),
        ([{"version": 1}], [{"version": 2}], False),
        ([{"version": 1}], [{}], False),
        ([{"flag": False, "port": 0}], [{}], True),
        ([{"flag": False}], [{"flag": True}], False),
        ([{}], [], False),
        ([], [], True),
    ],
)
def test_what_libxl_completes_is_no_difference(wanted, live, same):
    assert _spec_keyed.agrees(wanted, live) is same


@pytest.mark.parametrize("node", [{"pnode": 0}, {"pnode": 0, "size": 1, "vcpus": "0", "vdistances": 1, "x": 1}])
def test_a_virtual_node_has_just_its_four_keys(node):
    with pytest.raises(BadValue, match="just these keys"):
        _spec_vnuma.from_dict(node)
