"""The report's files: their numbers, what is escaped, what is left out, and pictures made small."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from scored_figures import COMPILED, FREE, HOSTILE, TYPED

from asygrammar.eval.paired import comparisons, taxes
from asygrammar.eval.report import write_report
from asygrammar.eval.report_gallery import AS_ASKED, difference_map, make_gallery
from asygrammar.eval.report_plots import report_plots
from asygrammar.eval.report_tables import report_csv, report_tables
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.summary import summarize
from asygrammar.eval.thumbnails import thumbnail

COMMAND = "asygrammar bench --levels free,typed --out 'a <b> folder'"


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="module")
def report(scored_figures):
    scores, folder = scored_figures
    return write_report(scores, folder, COMMAND)


def test_same_scores_give_the_same_files(scores, scored_folder, report):
    again = write_report(scores, scored_folder, COMMAND)
    assert again.page.read_bytes() == report.page.read_bytes()
    assert again.markdown.read_bytes() == report.markdown.read_bytes()
    assert again.csv.read_bytes() == report.csv.read_bytes()


def test_the_page_is_one_file_and_fetches_nothing(report):
    page = report.page.read_text()
    linked = re.findall(r'\b(?:src|href|action|srcset|xlink:href)="([^"]*)"', page)
    assert len(linked) > 10
    assert all(address.startswith(("data:", "#")) for address in linked)
    assert "url(http" not in page
    assert "@import" not in page


def test_what_others_wrote_stays_text(report):
    page, markdown = report.page.read_text(), report.markdown.read_text()
    assert HOSTILE not in page
    assert page.count("<script>") == 1
    assert "&lt;/script&gt;&lt;/pre&gt;" in page
    assert "a &lt;b&gt; folder" in page
    assert "<b>" in markdown  # in a block of code, where nothing is marked up


def test_csv_has_the_numbers_of_each_arm(scores, report):
    rows = {row["arm"]: row for row in csv.DictReader(report.csv.open())}
    assert list(rows) == [FREE, TYPED, COMPILED]
    assert [rows[arm]["compile_rate"] for arm in rows] == ["0.5", "0.75", "1.0"]
    low, high = summarize(scores)[0].measures["compile_rate"].interval
    assert rows[FREE]["compile_rate_low"] == str(low)
    assert rows[FREE]["compile_rate_high"] == str(high)
    assert rows[FREE]["failed_syntax"] == rows[FREE]["failed_name"] == "1"
    assert rows[COMPILED]["cost_model_seconds"] == "0.4"


def test_markdown_has_the_tables(report):
    markdown = report.markdown.read_text()
    row = next(line for line in markdown.splitlines() if line.startswith(f"| {FREE} |"))
    assert "**50.0 %** 15.0 to 85.0" in row
    assert f"    {COMMAND}\n" in markdown
    for line in markdown.splitlines():
        assert not line.startswith("|") or line.count("|") >= 4, line


def test_tables_compare_arms_on_the_same_problems(scores):
    tables = report_tables(summarize(scores), comparisons(scores), taxes(scores))
    paired, tax = tables[-2:]
    assert paired.rows[1][0] == f"{COMPILED} beside {FREE}"
    cells = dict(zip(paired.columns, paired.rows[1][1], strict=True))
    assert cells["problems"].value == "4"
    assert cells["compiles"].value == "+50.0"
    assert "2 better, 0 worse" in cells["compiles"].notes
    assert tax.rows[0][1][0].value == "2"  # problems that free decoding compiles
    assert dict(zip(tax.columns, tax.rows[0][1], strict=True))["compiles"].value == "0"


def test_tables_leave_out_what_nobody_knows():
    sample = Sample(id="1", problem="", prompt="", completion="dot((0,0));")
    (figure, program, failures) = report_tables(summarize([Score(sample, "failed: 1.1", "name")]))
    assert figure.columns == ("compiles",)
    assert "similarity" not in program.columns
    assert failures.rows == (("all samples", failures.rows[0][1]),)


def test_a_report_of_samples_without_anything_else(tmp_path):
    sample = Sample(id="1", problem="", prompt="", completion="")
    report = write_report([Score(sample, "unreadable: no JSON", "unreadable")], tmp_path, "")
    assert "No sample could be read." in report.page.read_text()
    assert report_csv(summarize([])) == "\r\n"


def test_what_cutting_brings_is_told(scores, scored_folder):
    (before, after) = (
        summarize([replace(it, compiled=it.compiled or new) for it in scores[:4]])[0]
        for new in (False, True)
    )
    cut = [replace(before, arm="as written"), replace(after, arm="prompt cut")]
    page = write_report(scores, scored_folder, COMMAND, cut=cut).markdown.read_text()
    assert "## Once what is no program is cut away" in page
    assert re.search(r"\| prompt cut \| \*\*100.0 %\*\*", page)


def test_no_scores_and_no_folder_are_told(scores, tmp_path):
    with pytest.raises(ValueError, match="no scores"):
        write_report([], tmp_path, COMMAND)
    with pytest.raises(ValueError, match="no folder"):
        write_report(scores, tmp_path / "nowhere", COMMAND)


# ------------------------------------------------------------------------------------ the gallery


def test_gallery_shows_equal_programs_once(scores, scored_folder):
    gallery = make_gallery(scores, scored_folder)
    assert [it.name for it in gallery.problems] == [f"problem {at}" for at in range(4)]
    first = gallery.problems[0].answers
    assert [it.arms for it in first] == [(FREE, TYPED, COMPILED)]
    assert first[0].outcome == AS_ASKED
    another = gallery.problems[2].answers
    assert [it.writers for it in another] == [FREE, f"{TYPED}, {COMPILED}"]
    assert another[0].difference.startswith("data:image/png;base64,")
    assert not another[1].difference
    assert gallery.outcomes == [AS_ASKED, "another figure", "name", "syntax"]


def test_gallery_is_bounded_in_number_and_size(scores, scored_folder):
    page = write_report(scores, scored_folder, COMMAND, problems=2).page.read_text()
    assert page.count('<article class="problem"') == 2
    assert "2 of 4 problems, chosen at random" in page
    one = make_gallery(scores, scored_folder, problems=1)
    size = sum(len(it.picture) + len(it.difference) for it in one.problems[0].answers)
    size += len(one.problems[0].picture)
    assert len(make_gallery(scores, scored_folder, size=size).problems) == 1
    assert make_gallery(scores, scored_folder, size=size - 1).problems == ()


def test_pictures_that_are_gone_are_left_out(scores, scored_folder):
    for file in (scored_folder / "pictures").iterdir():
        file.unlink()
    page = write_report(scores, scored_folder, COMMAND).page.read_text()
    assert "its picture is not at hand" in page
    assert 'src="data:image' not in page


def test_map_is_red_where_pictures_differ():
    one = np.full((200, 200, 3), 255, np.uint8)
    one[20:180, 20:24] = 0  # a line that both have
    other = one.copy()
    other[90:110, 150:170] = 0  # a square that only one has
    assert difference_map(png(one), png(one)) is None
    found = pixels(difference_map(png(one), png(other))).astype(int)
    red = found[..., 0] - found[..., 2] > 40
    assert red.any()
    rows, columns = np.nonzero(red)
    assert columns.min() > found.shape[1] / 2  # the line is no difference
    assert rows.min() > found.shape[0] / 4
    assert rows.max() < found.shape[0] * 3 / 4
    with pytest.raises(ValueError, match="png"):
        difference_map(b"no picture", png(one))


def test_thumbnails_are_small_and_on_white(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(png(np.zeros((900, 300, 4), np.uint8)))  # all transparent
    small = pixels(thumbnail(file, 100, 100))
    assert small.shape == (100, 33, 3)
    assert (small == 255).all()
    Image.new("1", (8000, 8000)).save(file)
    assert thumbnail(file, 100, 100) is None
    file.write_bytes(file.read_bytes()[:200])
    assert thumbnail(file, 100, 100) is None
    assert thumbnail(tmp_path / "none.png", 100, 100) is None


# -------------------------------------------------------------------------------------- the plots


def test_plots_are_whole_and_have_every_arm(scores):
    hostile = "$x_$ <b>&"
    named = [
        replace(it, sample=replace(it.sample, arm=hostile)) if it.sample.arm == FREE else it
        for it in scores
    ]
    plots = report_plots(summarize(named), named)
    assert [plot.title for plot in plots] == [
        "Programs that compile",
        "Programs that fail",
        "How alike drawn figure and reference are",
        "Seconds to write a program",
    ]
    names = []
    for plot in plots:
        tree = ElementTree.fromstring(plot.svg.replace("xlink:href", "href"))
        texts = [node.text for node in tree.iter("text")]
        assert {hostile, TYPED, COMPILED} <= set(texts)
        names += [node.get("id") for node in tree.iter() if node.get("id")]
        assert "metadata" not in plot.svg
    assert len(names) == len(set(names))
    assert {"50.0 %", "75.0 %", "100.0 %"} <= set(re.findall(r">([\d.]+ %)<", plots[0].svg))
    assert "2 of 4" in plots[1].svg


def test_plots_with_nothing_to_show_are_left_out():
    sample = Sample(id="1", problem="", prompt="", completion="dot((0,0));")
    score = Score(sample, "ok", compiled=True, parsed=True)
    assert [it.title for it in report_plots(summarize([score]), [score])] == [
        "Programs that compile"
    ]
