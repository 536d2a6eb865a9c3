# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disk, PCI and rdm specs that nobody would write, against Xen's own parsers: right ones with characters changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils import _spec_devices, _spec_disk, _spec_pci
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue
from ansible_collections.netbsd.xen.tests.unit.oracle import generate

DISKS = """
/srv/web.img,raw,xvda,rw
phy:/dev/wd0e,0x1,w
file:/srv/web.img,hda,w
tap:aio:/srv/a.img,xvdb,r
tap:qcow2:/srv/a.qcow2,sda1,w
,,hdc,cdrom
/srv/cd.iso,raw,hdc,ro,cdrom
/srv/cd.iso,hdc:cdrom,r
6:cdrom
vdev=xvda,format=qcow2,access=ro,target=/srv/a,b=c.qcow2
format=raw,vdev=d1p2,backendtype=qdisk,backend=storage,script=block-drbd,target=web
iscsi:iqn.2001-05.com.example:0,xvda,w
nbd:host:10809,xvdc,r
/dev/vg/web,,xvda,,discard,direct-io-safe
drbd:r0,xvdd,w
specification=virtio,vdev=xvda,target=/a
colo-host=h,colo-port=9000,colo-export=e,active-disk=/a,hidden-disk=/h,target=/b,vdev=xvda,colo
""".strip().split("\n")
PCIS = """
0000:01:00.0
1:0.0@5
01:00.*,permissive=1
bdf=0000:3b:1f.7,vslot=1f,seize=1,power_mgmt=0
0000:01:00.0,msitranslate=1,rdm_policy=relaxed
name=nic,rdm_policy=strict
ffff:ff:1f.7
""".strip().split("\n")
RDMS = ["strategy=host", "strategy=host,policy=strict", "policy=relaxed", "strategy=host,policy=relaxed"]
alphabet = st.sampled_from("abcdrwxvhpsqt0123459f:/,,==.@*-_ +\t\"'é")


@st.composite
def damaged(draw: st.DrawFn, specs: list[str]) -> str:
    """A spec of people's with up to three characters removed, replaced, doubled or moved in from another."""
    spec = draw(st.sampled_from(specs))
    for _round in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(spec)))
        removed = draw(st.integers(0, 2))
        new = draw(st.one_of(alphabet, st.just(""), st.sampled_from(specs).map(lambda other: "," + other[:9])))
        spec = spec[:place] + new + spec[place + removed :]
    return spec


def ours(parse, spec):
    """What we read, or None where we refuse."""
    try:
        return parse(spec)
    except BadValue:
        return None


@given(st.one_of(damaged(DISKS), st.text(alphabet, max_size=24)))
def test_disks_are_judged_as_by_xen(spec):
    parsed, report = generate.xen().disk(spec)
    # libxl refuses a wrong vdev or an empty target when the domain starts
    expected = None if parsed is None else ours(_spec_disk.from_live, parsed)
    assert ours(_spec_disk.parse, spec) == expected, report
    if expected is not None:
        assert _spec_disk.parse(_spec_disk.render(expected)) == expected
        assert _spec_disk.from_dict(_spec_disk.as_dict(expected)) == expected
        again, report = generate.xen().disk(_spec_disk.render(expected))
        assert again is not None, report
        assert _spec_disk.from_live(again) == expected


@given(damaged(PCIS))
def test_pci_functions_are_judged_as_by_xen(spec):
    parsed, report = generate.xen().pci(spec)
    found = ours(_spec_pci.parse, spec)
    if found is None:
        return  # we refuse what xl takes by chance: sscanf() that stops early, atoi() of a word
    assert parsed is not None, report
    said = {key: value for key, value in _spec_pci.as_dict(found).items() if value is not False and value != "00"}
    assert _spec_pci.as_dict(_spec_pci.from_live(parsed)) == said
    assert generate.xen().pci(_spec_pci.render(found))[0] == parsed


@given(damaged(RDMS))
def test_reserved_device_memory_is_judged_as_by_xen(spec):
    """xl since 4.15 takes no policy at all: xlu_rdm_parse() gives up where it has found a right one."""
    rc, report = generate.xen().rdm(spec)
    found = ours(_spec_devices.RDM.parse, spec)
    if found is not None and "policy" not in found:
        assert (rc == 0) == bool(found), report
    if rc == 0 and "policy" not in spec:
        assert found is not None, report
