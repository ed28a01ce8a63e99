"""Sheets: blind, the same for the same seed, and what is filled in comes back."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from scored_figures import COMPILED, FREE, HOSTILE, TYPED

from asygrammar.cli import main
from asygrammar.eval.agreement_of_raters import read_agreement
from asygrammar.eval.ratings import read_key, read_ratings
from asygrammar.eval.sheet import write_sheet


def test_the_sheet_tells_nothing_of_what_drew_the_pictures(scores, scored_folder, tmp_path):
    page = tmp_path / "sheet.html"
    sheet = write_sheet(scores, scored_folder, page)
    text = page.read_text()
    assert sheet.problems == 4
    assert sheet.pictures == text.count('<section class="item"') == 5
    for score in scores:
        assert score.sample.arm not in text
        assert score.sample.id not in text
        assert score.sample.completion not in text
    assert "zebra" not in text
    assert HOSTILE not in text
    assert text.count("<script>") == 1


def test_the_key_tells_all_of_it(scores, scored_folder, tmp_path):
    sheet = write_sheet(scores, scored_folder, tmp_path / "sheet.html")
    key = read_key(sheet.key)
    assert sheet.key.name == "sheet.key.json"
    shown = sorted(key.pictures.values(), key=len)
    drawn = sorted(score.sample.id for score in scores if score.picture)
    assert sorted(sample for samples in shown for sample in samples) == drawn
    assert set(shown[-1]) == {f"0/{arm}" for arm in (FREE, TYPED, COMPILED)}  # the same picture
    assert set(key.arms) == {score.sample.id for score in scores}  # with what drew nothing
    assert key.problems[f"2/{FREE}"] == "problem 2"


def test_seed_and_number_choose_problems_and_order(scores, scored_folder, tmp_path):
    def prompts(**options):
        page = tmp_path / "sheet.html"
        write_sheet(scores, scored_folder, page, **options)
        return re.findall(r"<blockquote>(.*)</blockquote>", page.read_text())

    first, again, other = prompts(), prompts(), prompts(seed=1)
    assert first == again != other
    assert sorted(first) == sorted(other)
    assert len({*prompts(problems=2)}) == 2


def test_references_can_be_among_them(scores, scored_folder, tmp_path):
    sheet = write_sheet(scores, scored_folder, tmp_path / "sheet.html", references=True)
    key = read_key(sheet.key)
    assert list(key.arms.values()).count("reference") == 4
    assert "reference of problem 0" in {it for its in key.pictures.values() for it in its}
    assert sheet.pictures == 5  # each has been drawn by an arm, too
    assert "reference" not in (tmp_path / "sheet.html").read_text()


def test_nothing_to_rate_and_nowhere_to_write_are_told(scores, scored_folder, tmp_path):
    with pytest.raises(ValueError, match="no picture to rate"):
        write_sheet([replace(it, picture="") for it in scores], scored_folder, tmp_path / "a.html")
    with pytest.raises(ValueError, match="no folder"):
        write_sheet(scores, scored_folder, tmp_path / "nowhere" / "a.html")
    assert list(tmp_path.glob("*.html")) == []


# ---------------------------------------------------------------------------------- in a browser


def rate(browser, rater: str, marks: dict[str, str], comment: str = "") -> None:
    """Fill in a sheet as a person does."""
    browser.fill("#rater", rater)
    for name, mark in marks.items():
        browser.evaluate(f"document.querySelector('[name={name}][value=\"{mark}\"]').click()")
    browser.fill("#comment-1", comment)


def save(browser, name: str):
    """Press the button, and return the file that comes of it."""
    browser.evaluate("document.getElementById('save').click()")
    for _ in range(200):
        if found := list(browser.folder.glob(name)):
            return found[0]
        browser.evaluate("new Promise((done) => setTimeout(done, 50))")
    raise AssertionError("nothing was saved")


def test_what_is_filled_in_comes_back(scores, scored_folder, tmp_path, browser):
    page = tmp_path / "sheet.html"
    sheet = write_sheet(scores, scored_folder, page)
    every = {f"{name}-{n}": "4" for n in range(1, 6) for name in ("correct", "readable")}
    comment = 'das "Ü" fehlt;\nsonst, ja'
    browser.open(page, 390)
    assert browser.problems == []
    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    rate(browser, "Ada L.", {"correct-1": "5", "readable-1": "2", "correct-3": "1"}, comment)
    assert browser.evaluate("document.getElementById('progress').textContent") == "1 of 5 rated"
    first = save(browser, f"ratings-{sheet.name}-Ada-L.csv")
    browser.open(page)  # what was filled in is still there
    assert browser.evaluate("document.getElementById('rater').value") == "Ada L."
    assert browser.evaluate("document.querySelectorAll('input:checked').length") == 3
    rate(browser, "Grace", every)
    second = save(browser, f"ratings-{sheet.name}-Grace.csv")
    assert browser.problems == []

    ratings = read_ratings(first)
    assert [(it.rater, it.picture, it.marks) for it in ratings] == [
        ("Ada L.", "1", {"correct": 5, "readable": 2}),
        ("Ada L.", "3", {"correct": 1}),
    ]
    assert ratings[0].comment == comment
    report = read_agreement([first, second], sheet.key)
    assert report.raters == {"Ada L.": 2, "Grace": 5}
    assert report.agreement["correct"].pairs == 2
    assert {arm.arm: arm.shown for arm in report.arms} == {FREE: 2, TYPED: 3, COMPILED: 4}


def test_from_the_command_line(scores, scored_folder, tmp_path, capsys):
    rows = "".join(json.dumps(score.to_dict()) + "\n" for score in scores)
    (scored_folder / "scores.jsonl").write_text(rows)
    page = tmp_path / "sheet.html"
    assert main(["eval", "sheet", str(scored_folder), "-o", str(page), "--problems", "2"]) == 0
    assert page.is_file()
    key = read_key(tmp_path / "sheet.key.json")
    answers = tmp_path / "ada.csv"
    answers.write_text(
        "sheet,rater,picture,correct,readable,comment\n"
        + "".join(f"{key.sheet},Ada,{picture},5,4,\n" for picture in key.pictures)
    )
    assert main(["eval", "agreement", str(answers), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {arm["arm"] for arm in found["arms"]} == {FREE, TYPED, COMPILED}
    answers.write_text("sheet,rater\n")
    assert main(["eval", "agreement", str(answers)]) == 2
    assert capsys.readouterr().err.strip().endswith("row 1: there is no column 'picture'")
