# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the report: nothing that a host says becomes markup, and everybody can read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_fleet, _report_host, _report_page
from ansible_collections.netbsd.xen.tests.unit.report import sample
from ansible_collections.netbsd.xen.tests.unit.report.sample import difference, entry, guest, machine, planned

VOID = {"meta", "rect"}
NASTY = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "</script><b>", "<!-- ", "-->",
    "&lt;b", "&#60;b&#62;", "' onload='x",
    "{{ 7 * 7 }}", "{% raw %}", "]]>", "javascript:alert(1)", "\x00<b>", "\u202egnp.exe",
    "web" * 200, "zwölf ☃ 🙂", "a\nb\tc", "\ud800", "`$(reboot)`; #",
]  # fmt: skip


class Page(HTMLParser):
    """What a parser makes of a page: ``shape`` has the elements with all attributes, ``text`` all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: list[Any] = []
        self.open: list[str] = []
        self.text = ""
        self.elements: dict[str, list[dict[str, str | None]]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, attrs))
        self.elements.setdefault(tag, []).append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
        self.shape.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.shape.append(f"!{data}")

    def handle_data(self, data: str) -> None:
        self.text += data


def render(fleet: dict[str, Any]) -> str:
    return _report_page.render(fleet, sample.TEMPLATES)


def fleet_of(text: str) -> dict[str, Any]:
    """One host that says this text wherever it can say something."""
    device = {"bdf": text, "next_boot": True, "hidden": False, "class_name": text, "driver": text, "vendor": text,
              "domains": [{"domain": text, "running": False}]}  # fmt: skip
    problem = {key: text for key in ("id", "what", "why", "cure")}
    drift = difference(text, [text, {"mac": text}], text, text)
    result = machine(
        host={"system": text, "release": text, "machine": text, "firmware": text},
        running={"dom0": True, "xen_version": text, "kernel": text},
        xen={"version": text, "toolstack": text, "retired": False},
        boot={"loader": text, "path": text, "default": 1, "running_entry": text,
              "entries": [entry(1, text, text, text, text, text)]},
        reboot_required={"reasons": [text]},
        problems=[{**problem, "severity": severity} for severity in ("error", "info")],
        warnings=[text],
    )  # fmt: skip
    known = guest(text, properties={"type": text}, live={"type": text}, problems=[text], state=text)
    plan = {"domains": [planned(text, drift, failed=True, msg=text), planned("other", actions=[text])]}
    seen = {"host": result, "guests": {"domains": [known]}, "plan": plan, "pci": {"devices": [device]},
            "domains": [{"name": text, "state": text}, {"name": "other", "state": "absent"}]}  # fmt: skip
    hosts = [_report_host.host(text, seen), _report_host.host(f"{text}2", {"host": {"unreachable": True, "msg": text}})]
    return _report_fleet.fleet(hosts, [], text, text)


@settings(max_examples=25)
@given(st.one_of(st.sampled_from(NASTY), st.text(st.sampled_from("<>&\"'/={}%-! \nabscript\x00\u202e"), min_size=1)))
def test_what_a_host_says_stays_text(text):
    """It makes no element and no attribute: the page has the shape that a harmless word gives it."""
    page, harmless = Page(render(fleet_of(f"x{text}x"))), Page(render(fleet_of("xyzzyx")))
    assert page.shape == harmless.shape
    assert page.open == []
    # in each place where the harmless word is, this one is
    assert page.text.count(_report_host.clean(f"x{text}x")) == harmless.text.count("xyzzyx") > 40


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(sample.fleet()))


def test_nothing_is_loaded_and_only_the_own_style_and_script_are_allowed(page):
    text = render(sample.fleet())
    assert not re.search(r"https?://|url\(|@import|\bsrc=|\bstyle=|\bon\w+=", text)
    (policy,) = [meta["content"] for meta in page.elements["meta"] if "http-equiv" in meta]
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src '{_report_page.csp_hash(content)}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_same_fleet_makes_the_same_page():
    assert render(sample.fleet()) == render(sample.fleet())


def test_links_lead_to_what_is_there(page):
    ids = {attributes["id"] for each in page.elements.values() for attributes in each if "id" in attributes}
    assert {link["href"][1:] for link in page.elements["a"]} == {f"host-{number}" for number in (1, 2, 3, 4)}
    named = {attributes.get("aria-labelledby") for each in page.elements.values() for attributes in each} - {None}
    assert named | {link["href"][1:] for link in page.elements["a"]} == ids


def test_tables_and_pictures_have_names(page):
    assert len(page.elements["caption"]) == len(page.elements["table"])
    assert all(head.get("scope") in ("row", "col") for head in page.elements["th"])
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in page.elements["svg"])
    assert page.shape[0][0] == "html" and ("lang", "en") in page.shape[0][1] or page.elements["html"][0]["lang"] == "en"


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_colours_can_be_told_apart(theme):
    """AA of WCAG 2.2: 4.5 for text, 3 for what has a meaning in a picture."""
    style = Path(sample.TEMPLATES, "page.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", roots[theme]))
    for ground in ("ground", "sheet"):
        for text in ("text", "quiet", "accent", "good", "warn", "bad"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert contrast(colours["mark"], colours[ground]) >= 3
    for kind in ("good", "warn", "bad"):
        assert contrast(colours[kind], colours[f"{kind}-ground"]) >= 4.5, kind
    assert contrast(colours["quiet"], colours["calm-ground"]) >= 4.5
    for part in ("dom0", "guests"):
        assert contrast(colours[part], colours["faint"]) >= 3, part


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "nothing"), ([], "nothing"), (True, "yes"), (False, "no"), (512, "512"), (["a", "b"], "a; b"),
     ([{"mac": "00:16", "bridge": None, "rate": 1}], "mac=00:16, rate=1")],
)  # fmt: skip
def test_values_in_words(value, said):
    assert _report_page.words(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "?"), (0, "0 MiB"), (1023, "1023 MiB"), (1024, "1 GiB"), (1536, "1.5 GiB"), (10240, "10 GiB")],
)
def test_amounts_of_memory(value, said):
    assert _report_page.mib(value) == said


@given(st.tuples(*[st.integers(0, 10**6)] * 4), st.one_of(st.none(), st.integers(0, 10**6)))
@settings(max_examples=50)
def test_the_parts_of_a_bar_lie_side_by_side(sizes, declared):
    total, dom0, guests, xen = sizes
    strip = _report_page.strip({"total": total, "dom0": dom0, "guests": guests, "xen": xen, "declared": declared})
    end = 0
    for part in strip["parts"]:
        assert part["x"] == end
        end += part["width"]
    assert max(end, strip["track"], strip["declared"] or 0, strip["track"] + strip["over"]) <= 1000
