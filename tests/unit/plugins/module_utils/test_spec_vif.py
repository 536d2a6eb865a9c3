# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network interfaces: xl's own spec language, dictionaries, libxl's JSON, and rates held to Xen's parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_rate, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_vif import Vif
from ansible_collections.netbsd.xen.tests.unit.oracle import generate

# spec -> (vif, how we write it)
SPECS = {
    "": (Vif(), ""),
    ", ,": (Vif(), ""),
    "mac=AA:0:0:50:2:F0, bridge=bridge0": (
        Vif(mac="aa:00:00:50:02:f0", bridge="bridge0"),
        "mac=aa:00:00:50:02:f0,bridge=bridge0",
    ),
    "bridge=bridge0,mac=00-16-3e-00-00-01": (
        Vif(mac="00:16:3e:00:00:01", bridge="bridge0"),
        "mac=00:16:3e:00:00:01,bridge=bridge0",
    ),
    "ip=10.0.0.2 10.0.1.2, script=vif-ip": (
        Vif(ip="10.0.0.2 10.0.1.2", script="vif-ip"),
        "ip=10.0.0.2 10.0.1.2,script=vif-ip",
    ),
    "type=ioemu,model=e1000,vifname=web0,backend=net,netdev=wm0": (
        Vif(type="ioemu", model="e1000", vifname="web0", backend="net", gatewaydev="wm0"),
        "type=ioemu,gatewaydev=wm0,backend=net,vifname=web0,model=e1000",
    ),
    "devid=3,mtu=9000,vlan=10,untrusted": (
        Vif(devid=3, mtu=9000, vlan="10", trusted=False),
        "devid=3,mtu=9000,vlan=10,untrusted",
    ),
    "trusted,rate=10Mb/s": (Vif(rate="1250KB/s", trusted=True), "rate=1250KB/s,trusted"),
    "mac=00:16:3e:00:00:01 ,bridge=": (Vif(mac="00:16:3e:00:00:01"), "mac=00:16:3e:00:00:01"),
    "accel=1,bridge=a": (Vif(bridge="a"), "bridge=a"),
    "colo_checkpoint_port=9,forwarddev=wm1,bridge=a": (
        Vif(bridge="a", colo=(("forwarddev", "wm1"), ("colo_checkpoint_port", "9"))),
        "bridge=a,forwarddev=wm1,colo_checkpoint_port=9",
    ),
    "bridge=a,bridge=b": (Vif(bridge="b"), "bridge=b"),
}

REFUSED = {
    "brdige=bridge0": "unknown parameter 'brdige=bridge0'; known are: mac, bridge",
    "bridge": "unknown parameter 'bridge'",
    "trusted=1": "unknown parameter 'trusted=1'",
    "mac=00:16:3e:00:00": "six hexadecimal pairs",
    "mac=00:16:3e:00:00:00:00": "six hexadecimal pairs",
    "mac=00:16:3e:00:00:0g": "six hexadecimal pairs",
    "mac=01:16:3e:00:00:01": "group address",
    "mac=ff:ff:ff:ff:ff:ff": "group address",
    "mac=00:00:00:00:00:00": "leave mac out",
    "type=e1000": "type is one of vif, ioemu",
    "devid=-1": "devid must be a whole number",
    "mtu=1500x": "mtu must be a whole number",
    "rate=10": "a rate is written like",
}


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec):
    vif, rendered = SPECS[spec]
    assert _spec_vif.parse(spec) == vif
    assert _spec_vif.render(vif) == rendered
    assert _spec_vif.parse(rendered) == vif
    assert _spec_vif.from_dict(_spec_vif.as_dict(vif)) == vif
    assert _spec_vif.identity(vif) == vif.mac


@pytest.mark.parametrize("spec", REFUSED)
def test_refused(spec):
    with pytest.raises(BadValue) as caught:
        _spec_vif.parse(spec)
    assert REFUSED[spec] in str(caught.value)
    assert caught.value.details["option"] == "vifs"


def test_from_dict():
    wanted = {"mac": "00:16:3E:00:00:01", "bridge": "bridge0", "mtu": 9000, "vlan": 10, "trusted": "no", "ip": None}
    assert _spec_vif.from_dict(wanted) == Vif(
        mac="00:16:3e:00:00:01", bridge="bridge0", mtu=9000, vlan="10", trusted=False
    )
    assert _spec_vif.from_dict({}) == Vif()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"macaddr": "00:16:3e:00:00:01"}, "unknown key 'macaddr'"),
        ({"netdev": "wm0", "gatewaydev": "wm1"}, "gatewaydev is given twice"),
        ({"bridge": "a,b"}, "cannot hold a comma"),
        ({"bridge": ["a"]}, "must be a string"),
        ({"trusted": "perhaps"}, "must be a boolean"),
        ({"mtu": True}, "must be a string"),
        ({"mac": 8041837860}, "put quotes around it"),
    ],
)
def test_from_dict_refuses(mapping, words):
    with pytest.raises(BadValue) as caught:
        _spec_vif.from_dict(mapping)
    assert words in str(caught.value)


words = st.none() | st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\n,"), min_size=1, max_size=9
)
small = st.none() | st.integers(0, 2**16)


@given(words, words, words, small, small, st.none() | st.booleans())
def test_any_vif_survives_writing_and_reading(bridge, ip, script, devid, mtu, trusted):
    vif = Vif(bridge=bridge, ip=ip, script=script, devid=devid, mtu=mtu, trusted=trusted)
    assert _spec_vif.parse(_spec_vif.render(vif)) == vif
    assert _spec_vif.from_dict(_spec_vif.as_dict(vif)) == vif


# entries of real "xl list -l" output
LIVE = [
    (
        {"devid": 1, "mac": "00:16:3e:22:22:02", "bridge": "xenbr1", "nictype": "vif"},
        Vif(devid=1, mac="00:16:3e:22:22:02", bridge="xenbr1", type="vif"),
    ),
    (
        {"devid": 0, "model": "netfront", "mac": "00:16:3e:7a:35:ce", "script": "vif-bridge", "nictype": "vif_ioemu"},
        Vif(devid=0, mac="00:16:3e:7a:35:ce", model="netfront", script="vif-bridge", type="ioemu"),
    ),
    (
        {
            "devid": -1, "mac": "00:00:00:00:00:00", "ifname": "web0", "mtu": 9000, "backend_domid": 2,
            "rate_bytes_per_interval": 500000, "rate_interval_usecs": 50000, "trusted": "False",
        },
        Vif(vifname="web0", mtu=9000, backend="2", rate="10MB/s", trusted=False),
    ),
    ({"bridge": "xenbr1"}, Vif(bridge="xenbr1")),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "vif"), LIVE)
def test_from_live(entry, vif):
    assert _spec_vif.from_live(entry) == vif


# rate -> (bytes per interval, microseconds, one spelling for all that are the same)
RATES = {
    "10MB/s": (500_000, 50_000, "10MB/s"),
    "10000KB/s": (500_000, 50_000, "10MB/s"),
    "80Mb/s": (500_000, 50_000, "10MB/s"),
    "10MB/s@50ms": (500_000, 50_000, "10MB/s"),
    "10MB/s@50000u": (500_000, 50_000, "10MB/s"),
    "1GB/s": (50_000_000, 50_000, "1GB/s"),
    "512Kb/s@20ms": (1280, 20_000, "64KB/s@20ms"),
    "100B/s@2": (200, 2_000_000, "100B/s@2s"),
    "100B/s@30s": (3000, 30_000_000, "100B/s@30s"),
    "1GB/s@3us": (3000, 3, "1GB/s@3us"),
    "010KB/s": (400, 50_000, "8KB/s"),
}


@pytest.mark.parametrize("rate", RATES)
def test_rate(rate):
    amount, microseconds, canonical = RATES[rate]
    assert _spec_rate.parse_rate(rate) == (amount, microseconds)
    assert _spec_rate.canonical_rate(rate) == canonical
    assert _spec_rate.parse_rate(canonical) == (amount, microseconds)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("", "written like"),
        ("10", "written like"),
        ("10MB", "written like"),
        ("10mB/s", "written like"),
        ("0x10KB/s", "written like"),
        ("1.5MB/s", "written like"),
        ("10MB/s@", "interval is written like"),
        ("10MB/s@50m ", "interval is written like"),
        ("0MB/s", "out of range"),
        ("08MB/s", "octal"),
        ("10MB/s@0ms", "out of range"),
        ("4294967296B/s", "out of range"),
        ("1MB/s@5000s", "too long"),
        ("4294967295GB/s@4294s", "too large"),
        ("1b/s", "less than one byte"),
        ("10B/s@50ms", "less than one byte"),
    ],
)
def test_rate_refused(rate, words):
    with pytest.raises(BadValue) as caught:
        _spec_rate.parse_rate(rate)
    assert words in str(caught.value)


@given(st.from_regex(r"[0-9]{1,10}[GMKk]?[Bb]?(/s)?(@[0-9]{0,10}[mu]?s?)?", fullmatch=True))
@example("4294967295Gb/s@1u")
@example("18446744073709551616B/s")
def test_rates_are_judged_as_by_xen(rate):
    if re.search(r"(^|@)0[0-7]*[89]", rate):
        return  # xl takes the 8 or 9 for a unit and makes bytes of megabytes; we refuse that
    parsed, report = generate.xen().rate(rate)
    try:
        ours = _spec_rate.parse_rate(rate)
    except BadValue:
        ours = None
    expected = None
    if parsed and parsed.get("rate_bytes_per_interval"):  # 0 bytes: xl lets it through, we refuse it
        expected = (parsed["rate_bytes_per_interval"], parsed["rate_interval_usecs"])
    assert ours == expected, report
    if ours:
        canonical = _spec_rate.canonical_rate(rate)
        assert generate.xen().rate(canonical)[0] == parsed
        assert _spec_rate.canonical_rate(canonical) == canonical
