# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real browser. The pictures that these tests take are in ``.cache/browser``, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_page
from ansible_collections.netbsd.xen.tests.unit.report import sample
from ansible_collections.netbsd.xen.tests.unit.report.test_report_page import NASTY, fleet_of

PICTURES = Path(__file__).resolve().parents[2] / ".cache" / "browser"
HOSTS = "[...document.querySelectorAll('table')[0].tBodies[0].rows].map(row => row.cells[0].textContent)"
SORTED = "[...document.querySelectorAll('table')[0].tHead.rows[0].cells].map(head => head.getAttribute('aria-sort'))"
# where everything is: the top, left, width and height of each cell of each head
PLACES = "[...document.querySelectorAll('thead th')].map(e => Object.values(e.getBoundingClientRect().toJSON()))"
GROUND = "getComputedStyle(document.body).backgroundColor"
WIDER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Browser() as started:
        yield started


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(_report_page.render(sample.fleet(), sample.TEMPLATES), encoding="utf-8")
    return path


def head(column: int) -> str:
    return f"table thead th:nth-child({column}) button"


def test_a_click_sorts_and_another_turns_it_round(browser: Browser, page: Path) -> None:
    browser.screen(*DESKTOP)
    browser.open(page)
    short = [name.partition(".")[0] for name in browser.evaluate(HOSTS)]
    assert short == ["xen1", "xen2", "xen3", "xen10"]
    browser.click(head(2))
    assert [name.partition(".")[0] for name in browser.evaluate(HOSTS)] == ["xen10", "xen2", "xen1", "xen3"], (
        "worst first"
    )
    assert browser.evaluate(SORTED) == [None, "ascending", *[None] * 7]
    browser.click(head(1))
    assert [name.partition(".")[0] for name in browser.evaluate(HOSTS)] == short, "xen10 after xen3"
    browser.click(head(1))
    assert [name.partition(".")[0] for name in browser.evaluate(HOSTS)] == short[::-1]
    assert browser.evaluate(SORTED) == ["descending", *[None] * 8]


def test_a_key_sorts_as_well(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.evaluate(f"document.querySelector({head(2)!r}).focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
        )
    assert browser.evaluate(SORTED)[1] == "ascending"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_when_the_script_comes_or_sorts(browser: Browser, page: Path, size: tuple[int, int]) -> None:
    browser.screen(*size)
    browser.open(page, script=False)
    assert browser.evaluate("document.querySelectorAll('button').length") == 0
    assert len(browser.evaluate(HOSTS)) == 4
    still = browser.evaluate(PLACES)
    browser.open(page)
    assert browser.evaluate(PLACES) == still
    browser.evaluate(f"document.querySelector({head(2)!r}).click()")
    assert browser.evaluate(PLACES) == still


def test_nothing_is_loaded_and_nothing_is_complained_of(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert [each["request"]["url"] for each in browser.said("Network.requestWillBeSent")] == [page.as_uri()]
    assert browser.said("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled") == []


def test_the_policy_stops_what_would_get_in(browser: Browser, page: Path) -> None:
    """If markup got into the page against all care, the browser would still not run it."""
    browser.open(page)
    browser.evaluate(
        "document.body.insertAdjacentHTML('beforeend',"
        ' \'<img src=x onerror="window.got = 1"><p style="color:red">\');'
        "const s = document.createElement('script'); s.text = 'window.got = 2'; document.body.append(s)"
    )
    assert browser.evaluate("window.got") is None
    assert len(browser.said("Log.entryAdded")) >= 3
    assert browser.evaluate("getComputedStyle(document.querySelector('body > p')).color") != "rgb(255, 0, 0)"


@pytest.mark.parametrize("text", NASTY)
def test_what_a_host_says_does_nothing(browser: Browser, tmp_path: Path, text: str) -> None:
    page = tmp_path / "report.html"
    page.write_text(_report_page.render(fleet_of(f"x{text}x"), sample.TEMPLATES), encoding="utf-8")
    browser.open(page)
    complaints = (
        "Log.entryAdded",
        "Runtime.exceptionThrown",
        "Runtime.consoleAPICalled",
        "Page.javascriptDialogOpening",
    )
    assert browser.said(*complaints) == []
    assert len(browser.said("Network.requestWillBeSent")) == 1
    assert browser.evaluate("document.scripts.length") == 1


@pytest.mark.parametrize("width", [1280, 1100, 390])
def test_nothing_but_long_names_needs_to_be_scrolled(browser: Browser, page: Path, width: int) -> None:
    browser.screen(width, 844)
    browser.open(page)
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert browser.evaluate(wide) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 640)], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_the_screen(browser: Browser, page: Path, size: tuple[int, int], dark: bool) -> None:
    browser.screen(*size, dark=dark)
    browser.open(page)
    assert browser.evaluate(WIDER) == 0
    assert browser.evaluate(GROUND) == ("rgb(15, 18, 22)" if dark else "rgb(246, 247, 248)")
    browser.picture(PICTURES / f"{size[0]}-{'dark' if dark else 'light'}.png")


def test_long_names_fit_too(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(_report_page.render(fleet_of("web" * 100), sample.TEMPLATES), encoding="utf-8")
    browser.screen(*PHONE)
    browser.open(page)
    assert browser.evaluate(WIDER) == 0
    browser.picture(PICTURES / "long-names.png")


def test_paper_is_white_also_for_who_likes_it_dark(browser: Browser, page: Path) -> None:
    # A4 between its margins, in CSS pixels
    browser.screen(688, 1017, dark=True, media="print")
    browser.open(page)
    assert browser.evaluate(GROUND) == "rgb(255, 255, 255)"
    assert browser.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert browser.evaluate(WIDER) == 0
    browser.picture(PICTURES / "paper.png")
    paper = browser.pdf()
    assert paper.startswith(b"%PDF-")
    (PICTURES / "report.pdf").write_bytes(paper)
