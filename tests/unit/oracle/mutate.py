# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of people's, damaged at random, and whether we and Xen's parsers agree about them.

Simpler than Hypothesis and a hundred times faster, so that hundreds of thousands of texts can be judged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk, _spec_pci, _spec_rate
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.tests.unit.oracle import xlu

KEYS = ("name", "memory", "disk", "vif", "x", "a.b_1")
CONFIGS = (
    'name = "web"\nmemory = 512\n',
    "name='web'; memory=0x200 # half\nx = [ 'a', \"b\", 7, ]\n",
    "disk = [ 'phy:/dev/wd0e,0x1,w',\n  'file:/srv/a.img,0x2,w' # data\n]\nx=1\n",
    'vif = [ "mac=00:16:3e:00:00:01, bridge=bridge0" ]\nvif += [ "bridge=br1" ]\n',
    "x = 'a'\nx += 'b\\n\\x41\\101'\n# end\n",
    "a.b_1 = [ [ 'k', [ 1, 2 ] ], [ ], ]\n\n\nname = ''",
    "x += [ 1 ]\nx = 010 ; memory = 'it\\'s'\n",
)
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
RATES = ("10MB/s", "10Mb/s@20ms", "4294967295B/s", "010KB/s", "1GB/s@3us", "100kb/s@1s", "1b/s")
NUMBERS = ("512", "0x200", "010", " +7", "-1", "9223372036854775807", "0X1f", "-0x8000000000000000", "08", "")
# xl takes the 8 or 9 for a unit and makes bytes of megabytes; we refuse that
_WRONG_OCTAL = re.compile(r"(^|@)0[0-7]*[89]")


class Verdict(NamedTuple):
    """What we make of a text, and what Xen's parser does. None: it is refused.

    :param asked: False for a text that Xen was not asked about, which is no case.
    """

    ours: Any
    theirs: Any
    asked: bool = True

    @property
    def agree(self) -> bool:
        return bool(self.ours == self.theirs)


class Subject(NamedTuple):
    """One parser of Xen's.

    :param seeds: right texts; ``alphabet`` is what they are damaged with.
    """

    parser: str
    seeds: Sequence[str]
    alphabet: str
    judge: Callable[[str], Verdict]


def _ours(parse: Callable[[Any], Any], text: Any) -> Any:
    try:
        return parse(text)
    except (BadValue, ConfigSyntaxError, ValueError):
        return None


def config(text: str) -> Verdict:
    """A config file: the same ones accepted, the same values read."""
    answer = xlu.load().config(text, KEYS)
    found = _ours(lambda said: _xlcfg.parse(said).as_dict(), text)
    ours = None if found is None else {key: value for key, value in found.items() if key in KEYS}
    return Verdict(ours, None if answer.rc else answer.values)


def edit(text: str) -> Verdict:
    """A config file after an edit of one key: Xen reads the new value, and all others as before."""
    document = _ours(_xlcfg.parse, text)
    if document is None:
        return Verdict(None, None, asked=False)
    rng = random.Random(text)
    key, value = rng.choice(KEYS), rng.choice(([], ["a", "b'"], "it's", "", 7, ["c", ["d", 1]]))
    before = {name: said for name, said in document.as_dict().items() if name in KEYS}
    document.set(key, value)
    answer = xlu.load().config(document.render(), KEYS)
    if answer.rc:
        return Verdict(document.render(), answer.report)
    theirs = dict(answer.values)
    before.pop(key, None)
    if isinstance(value, int):
        return Verdict({**before, key: value}, {**theirs, key: int(theirs.get(key, "-1"), 0)})
    return Verdict({**before, key: _text(value)}, theirs)


def _text(value: Any) -> Any:
    return [_text(item) for item in value] if isinstance(value, list) else str(value)


def disk(spec: str) -> Verdict:
    """A disk; libxl refuses a wrong vdev or an empty target when the domain starts. What we write is read the same."""
    parsed, _report = xlu.load().disk(spec)
    theirs = None if parsed is None else _ours(_spec_disk.from_live, parsed)
    ours = _ours(_spec_disk.parse, spec)
    if ours is not None and ours == theirs:
        again, _report = xlu.load().disk(_spec_disk.render(ours))
        return Verdict(ours, None if again is None else _ours(_spec_disk.from_live, again))
    return Verdict(ours, theirs)


def pci(spec: str) -> Verdict:
    """A PCI function. We refuse what xl takes by chance: sscanf() that stops early, atoi() of a word."""
    ours = _ours(_spec_pci.parse, spec)
    if ours is None:
        return Verdict(None, None, asked=False)
    parsed, _report = xlu.load().pci(spec)
    again, _report = xlu.load().pci(_spec_pci.render(ours))
    said = {key: value for key, value in _spec_pci.as_dict(ours).items() if value is not False and value != "00"}
    theirs = None if parsed is None or parsed != again else _spec_pci.as_dict(_spec_pci.from_live(parsed))
    return Verdict(said, theirs)


def rate(text: str) -> Verdict:
    """The rate of a vif, as bytes and microseconds; we refuse one of no bytes, which xl lets through."""
    ours = _ours(_spec_rate.parse_rate, text)
    if _WRONG_OCTAL.search(text):
        return Verdict(None, ours)
    parsed, _report = xlu.load().rate(text)
    if not parsed or not parsed.get("rate_bytes_per_interval"):
        return Verdict(ours, None)
    return Verdict(ours, (parsed["rate_bytes_per_interval"], parsed["rate_interval_usecs"]))


def number(text: str) -> Verdict:
    """A number as a setting, in quotes."""
    return Verdict(_ours(_xlcfg.to_long, text), xlu.load().long(f"x = {_xlcfg.render_value(text)}\n", "x"))


_CONFIG_CHARACTERS = "abx017_. \t\n\n'\"\\#=+-,;[]()%nrA\rfué€"
SUBJECTS = (
    Subject("xlu_cfg_readdata", CONFIGS, _CONFIG_CHARACTERS, config),
    Subject("xlu_cfg_readdata, after an edit", CONFIGS, _CONFIG_CHARACTERS, edit),
    Subject("xlu_cfg_get_long", NUMBERS, "0123456789abcfxX+- \t.", number),
    Subject("xlu_disk_parse", DISKS, "abcdrwxvhpsqt0123459f:/,,==.@*-_ +\t\"'é", disk),
    Subject("xlu_pci_parse_spec_string", PCIS, "0123456789abcdf:.,@*=-_ permiss", pci),
    Subject("xlu_vif_parse_rate", RATES, "0123456789GMKkBb/s@mu. ", rate),
)


def damaged(subject: Subject, rng: random.Random) -> str:
    """A text with up to four changes: characters removed, replaced, put in, or a piece of another text."""
    text = rng.choice(subject.seeds)
    for _round in range(rng.randint(0, 4)):
        place, removed = rng.randint(0, len(text)), rng.choice((0, 0, 1, 1, 2, 5))
        new = "".join(rng.choices(subject.alphabet, k=rng.choice((0, 1, 1, 2))))
        if rng.random() < 0.2:
            other = rng.choice(subject.seeds)
            start = rng.randint(0, len(other))
            new = other[start : start + rng.randint(1, 12)]
        text = text[:place] + new + text[place + removed :]
    return text


def smallest(subject: Subject, text: str) -> str:
    """A disagreement with as many characters taken away as it can do without."""
    place = 0
    while place < len(text):
        shorter = text[:place] + text[place + 1 :]
        if subject.judge(shorter).agree:
            place += 1
        else:
            text, place = shorter, 0
    return text
