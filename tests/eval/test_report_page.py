"""The report in a browser: on a desktop, on a phone, filtered, printed."""

from __future__ import annotations

import io
import shutil
import subprocess

import pytest
from PIL import Image
from scored_figures import COMPILED, FREE

from asygrammar.eval.report import TITLE, write_report


@pytest.fixture(scope="module")
def page(browser, scored_figures):
    scores, folder = scored_figures
    return write_report(scores, folder, "asygrammar bench").page


SHOWN = """(() => {
  const seen = (node) => node.offsetParent !== null;
  return [...document.querySelectorAll('.problem')].filter(seen).map((problem) =>
    [...problem.querySelectorAll('.answer')].filter(seen).map((it) => it.dataset.outcome));
})()"""


def choose(browser, **filters) -> list[list[str]]:
    """Set the filters, all others off, and return what became of the answers that are left."""
    for name in ("arm", "outcome", "split", "words"):
        browser.fill(f"[name={name}]", filters.get(name, ""))
    return browser.evaluate(SHOWN)


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_it_opens_and_fits(page, browser, width):
    browser.open(page, width)
    assert browser.problems == []
    assert browser.evaluate("document.title") == TITLE
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    images = "[...document.images].map((it) => it.complete && it.naturalWidth > 20)"
    shown = browser.evaluate(images)
    assert len(shown) >= 8
    assert all(shown)
    # Nothing stands beyond the right edge, not even where it could be scrolled to.
    beyond = (
        "[...document.querySelectorAll('main *')].filter((it) => it.offsetParent"
        f" && it.getBoundingClientRect().right > {width} + 1).length"
    )
    assert browser.evaluate(beyond) == 0
    shot = Image.open(io.BytesIO(browser.screenshot()))
    assert shot.width == width
    assert shot.height > 3000


def test_letters_can_be_read_on_a_phone(page, browser):
    browser.open(page, 390)
    sizes = browser.evaluate(
        "[...document.querySelectorAll('main *')].filter((it) => it.offsetParent"
        " && [...it.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))"
        ".map((it) => parseFloat(getComputedStyle(it).fontSize))"
    )
    assert min(sizes) >= 12
    drawn = browser.evaluate(
        "[...document.querySelectorAll('.plots text')]"
        ".map((it) => it.getBoundingClientRect().height)"
    )
    assert min(drawn) >= 10


def test_filters_show_what_is_asked_for(page, browser):
    browser.open(page)
    everything = choose(browser)
    assert [len(answers) for answers in everything] == [1, 2, 2, 2]
    arms = browser.evaluate(
        "[...document.querySelector('[name=arm]').options].map((it) => it.text)"
    )
    free, compiled = (str(arms.index(arm) - 1) for arm in (FREE, COMPILED))
    assert choose(browser, arm=free) == [["as asked"], ["name"], ["another figure"], ["syntax"]]
    assert choose(browser, arm=compiled) == [["as asked"]] * 4
    assert choose(browser, outcome="syntax") == [["syntax"]]
    assert choose(browser, split="phrasings", outcome="as asked") == [["as asked"]] * 2
    assert choose(browser, words="SURE here") == [["syntax"]]
    assert choose(browser, words="nowhere to be found") == []
    assert browser.evaluate("document.getElementById('found').textContent") == "0 of 4 problems"
    assert browser.problems == []


def test_it_prints(page, browser, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    browser.open(page)
    (tmp_path / "report.pdf").write_bytes(browser.pdf())
    printed = subprocess.run(
        ["pdftotext", "-layout", "report.pdf", "-"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    pages = printed.split("\f")
    assert 3 <= len(pages) <= 9
    assert TITLE in pages[0]
    assert "words of the sentence" not in printed  # the filters are for the screen
    assert printed.count("where it differs") == 1


def test_no_script_but_its_own_runs(page, browser):
    browser.open(page)
    browser.evaluate(
        "document.body.appendChild(Object.assign(document.createElement('script'),"
        " {textContent: 'document.title = \"owned\"'})) && undefined"
    )
    assert browser.evaluate("document.title") == TITLE
    assert any("Content Security Policy" in problem for problem in browser.problems)
