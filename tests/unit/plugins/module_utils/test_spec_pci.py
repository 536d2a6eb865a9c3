# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PCI functions: xl's own spec language, dictionaries and libxl's JSON, held to Xen's parser where it is at hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_pci
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_pci import Pci
from ansible_collections.netbsd.xen.tests.unit.oracle import generate

# spec -> (device, how we write it)
SPECS = {
    "0000:01:00.0": (Pci("0000:01:00.0"), "0000:01:00.0"),
    "1:0.0": (Pci("0000:01:00.0"), "0000:01:00.0"),
    "FFFF:fF:1F.07": (Pci("ffff:ff:1f.7"), "ffff:ff:1f.7"),
    "36:00.*": (Pci("0000:36:00.*"), "0000:36:00.*"),
    "36:00.0@1f": (Pci("0000:36:00.0", vslot="1f"), "0000:36:00.0@1f"),
    "36:00.0@5,permissive=1,msitranslate=0": (
        Pci("0000:36:00.0", vslot="05", permissive=True, msitranslate=False),
        "0000:36:00.0@05,permissive=1,msitranslate=0",
    ),
    "36:00.0,seize=1,power_mgmt=1,rdm_policy=relaxed,": (
        Pci("0000:36:00.0", seize=True, power_mgmt=True, rdm_policy="relaxed"),
        "0000:36:00.0,seize=1,power_mgmt=1,rdm_policy=relaxed",
    ),
    "bdf=36:00.0,vslot=1f": (Pci("0000:36:00.0", vslot="1f"), "0000:36:00.0@1f"),
    "name=nic,vslot=3,seize=1": (Pci(name="nic", vslot="03", seize=True), "name=nic,vslot=03,seize=1"),
}

REFUSED = {
    "": "give either a bdf or a name",
    "nonsense": "a PCI function is written",
    "36:00": "a PCI function is written",
    "36:00.0g": "a PCI function is written",
    "36:00.8": "out of range",
    "36:20.0": "out of range",
    "100:00.0": "out of range",
    "10000:36:00.0": "out of range",
    "36:00.0@20": "vslot is a hexadecimal number up to 1f",
    "36:00.0@": "vslot is",
    "36:00.0,name=nic": "give either",
    "permissive=1": "give either",
    "36:00.0,permissive": "unknown parameter 'permissive'",
    "36:00.0,colour=1": "unknown parameter 'colour=1'",
    "36:00.0,rdm_policy=lax": "rdm_policy is one of",
}

# xl reads flags with atoi(), which makes 0 of any word
REFUSED_BY_US_ONLY = {"36:00.0,permissive=yes": "permissive must be 0 or 1", "36:00.0,seize=": "seize must be 0 or 1"}


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec):
    device, rendered = SPECS[spec]
    assert _spec_pci.parse(spec) == device
    assert _spec_pci.render(device) == rendered
    assert _spec_pci.parse(rendered) == device
    assert _spec_pci.from_dict(_spec_pci.as_dict(device)) == device
    assert _spec_pci.identity(device) == (device.bdf or device.name)


@pytest.mark.parametrize("spec", [*REFUSED, *REFUSED_BY_US_ONLY])
def test_refused(spec):
    with pytest.raises(BadValue) as caught:
        _spec_pci.parse(spec)
    assert {**REFUSED, **REFUSED_BY_US_ONLY}[spec] in str(caught.value)
    assert caught.value.details["option"] == "pci"


@pytest.mark.parametrize("spec", [*SPECS, *REFUSED])
def test_xen_agrees(spec):
    parsed, report = generate.xen().pci(spec)
    if spec == "36:00":
        return  # sscanf() leaves the length of such a match unset, so Xen's answer is left to chance
    assert (parsed is not None) == (spec in SPECS), report
    if parsed is not None:
        assert generate.xen().pci(SPECS[spec][1])[0] == parsed


items = st.sampled_from(
    ["permissive=1", "permissive=0", "seize=1", "msitranslate=1", "power_mgmt=0", "rdm_policy=strict", "rdm_policy=x"]
    + ["name=nic", "vslot=3", "vslot=20", "vslot=", "bdf=1:2.3", "bdf=1:x.3", "foo=1", "permissive", ""]
)


@given(
    st.from_regex(
        r"([0-9a-fA-F]{1,5}:)?[0-9a-f]{1,3}:[0-9a-f]{1,3}\.([0-9]|\*|0[0-7])(@[0-9a-f]{0,3})?|", fullmatch=True
    ),
    st.lists(items, max_size=3),
)
def test_any_spec_is_judged_as_by_xen(start, options):
    spec = ",".join([start, *options] if start else options)
    parsed, report = generate.xen().pci(spec)
    try:
        ours = _spec_pci.parse(spec)
    except BadValue:
        ours = None
    assert (ours is None) == (parsed is None), report
    if ours is not None and parsed is not None:
        live = _spec_pci.from_live(parsed)
        # libxl's JSON has no zeros: a flag that is off, or slot 0
        said = {key: value for key, value in _spec_pci.as_dict(ours).items() if value is not False and value != "00"}
        assert _spec_pci.as_dict(live) == said
        assert generate.xen().pci(_spec_pci.render(ours))[0] == parsed


def test_from_dict():
    assert _spec_pci.from_dict({"bdf": "1:0.0", "permissive": "yes", "seize": None}) == Pci(
        "0000:01:00.0", permissive=True
    )
    assert _spec_pci.from_dict({"bdf": "1:0.0", "vslot": 20}) == Pci("0000:01:00.0", vslot="14")
    assert _spec_pci.from_dict({"bdf": "1:0.0", "vslot": "14"}) == Pci("0000:01:00.0", vslot="14")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"bdf": "1:0.0", "name": "nic"}, "give either"),
        ({"bdf": "1:0"}, "a PCI function is written"),
        ({"address": "1:0.0"}, "unknown key 'address'"),
        ({"bdf": "1:0.0", "permissive": 2}, "must be a boolean"),
        ({"bdf": "1:0.0", "vslot": 32}, "up to 1f"),
        ({"name": "a,b"}, "cannot hold a comma"),
        ({"bdf": 2160.0}, "Mind the quotes"),
    ],
)
def test_from_dict_refuses(mapping, words):
    with pytest.raises(BadValue) as caught:
        _spec_pci.from_dict(mapping)
    assert words in str(caught.value)


# entries of real "xl list -l" output
LIVE = [
    ({"dev": 5, "vfunc_mask": 1, "rdm_policy": "strict"}, Pci("0000:00:05.0", rdm_policy="strict")),
    (
        {"dev": 6, "vdevfn": 40, "vfunc_mask": 1, "rdm_policy": "strict"},
        Pci("0000:00:06.0", vslot="05", rdm_policy="strict"),
    ),
    (
        {"bus": 2, "vfunc_mask": 1, "permissive": True, "rdm_policy": "strict"},
        Pci("0000:02:00.0", permissive=True, rdm_policy="strict"),
    ),
    ({"dev": 16, "bus": 10, "rdm_policy": "invalid"}, Pci("0000:0a:10.0")),
    ({"bus": 54, "vfunc_mask": 4294967295}, Pci("0000:36:00.*")),
    ({"name": "nic"}, Pci(name="nic")),
]


@pytest.mark.parametrize(("entry", "device"), LIVE)
def test_from_live(entry, device):
    assert _spec_pci.from_live(entry) == device


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFF), st.integers(0, 0x1F), st.integers(0, 7))
def test_every_address_has_one_form(domain, bus, device, function):
    canonical = _spec_pci.canonical_bdf(f"{domain:X}:{bus:x}:{device:03x}.{function}")
    assert re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", canonical)
    assert _spec_pci.canonical_bdf(canonical) == canonical
