"""What raters say: agreement by hand and by the book, means, and files that are wrong."""

from __future__ import annotations

import json

import pytest

from asygrammar.eval.agreement_of_raters import krippendorff_alpha, rating_report, read_agreement
from asygrammar.eval.ratings import Key, Rating, read_key, read_ratings

# Four raters, twelve units, of which one has one mark only: the example of the source.
BY_THE_BOOK = [
    *([1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
    *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3]),
]
HEAD = "sheet,rater,picture,correct,readable,comment\n"


def test_alpha_is_that_of_the_book():
    assert krippendorff_alpha(BY_THE_BOOK) == pytest.approx(0.815, abs=5e-4)


def test_alpha_by_hand():
    # Two raters, marks 1 1, 5 5, 1 5: o(1,1) = 2, o(5,5) = 2, o(1,5) = o(5,1) = 1; n(1) = n(5) = 3.
    # One distance counts, so it cancels: 1 - (6 - 1) * 2 / (2 * 3 * 3).
    assert krippendorff_alpha([[1, 1], [5, 5], [1, 5]]) == pytest.approx(1 - 5 * 2 / 18)
    assert krippendorff_alpha([[1, 1], [2, 2], [5, 5]]) == 1
    assert krippendorff_alpha([[1, 5], [5, 1]]) == pytest.approx(1 - 3 * 4 / 8)


def test_alpha_counts_marks_far_apart_for_more():
    near, far = ([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], pair] for pair in ([1, 2], [1, 5]))
    assert krippendorff_alpha(near) > krippendorff_alpha(far)


@pytest.mark.parametrize("units", [[], [[3]], [[3, 3], [3, 3]]])
def test_alpha_of_nothing_to_tell_apart(units):
    assert krippendorff_alpha(units) is None


@pytest.fixture
def key():
    arms = {"a0": "free", "a1": "free", "a2": "free", "b0": "typed", "b1": "typed"}
    problems = {"a0": "p0", "a1": "p1", "a2": "p2", "b0": "p0", "b1": "p1"}
    return Key("s1", {"1": ["a0", "b0"], "2": ["a1"], "3": ["b1"]}, arms, problems)


def rating(rater, picture, correct=None, readable=None, sheet="s1"):
    marks = {"correct": correct, "readable": readable}
    return Rating(sheet, rater, picture, {name: mark for name, mark in marks.items() if mark})


def test_means_by_hand(key):
    report = rating_report(
        [
            rating("Ada", "1", 5, 4),
            rating("Bob", "1", 3),
            rating("Ada", "2", 1),
            rating("Bob", "3"),
        ],
        key,
    )
    free, typed = report.arms
    assert (free.arm, free.samples, free.shown) == ("free", 3, 2)
    assert free.means["correct"].value == pytest.approx((4 + 1) / 2)
    assert free.means["correct"].count == 2
    assert typed.means["correct"].value == 4
    assert typed.means["readable"].value == 4
    assert report.raters == {"Ada": 2, "Bob": 1}
    assert report.agreement["correct"].pairs == 1
    assert report.agreement["correct"].within_one == 0
    assert "free    correct 2.50 (1.00 to 4.00, 2 rated)" in report.to_text()
    assert "2 of 3 drew something" in report.to_text()
    json.dumps(report.to_dict())


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ([rating("Ada", "9", 5)], "Ada rated picture 9, which the sheet has not"),
        ([rating("Ada", "1", 5), rating("Ada", "1", 4)], "Ada rated picture 1 twice"),
        ([rating("Ada", "1", 5, sheet="s2")], "of sheet s2, the key is of s1"),
    ],
)
def test_ratings_that_do_not_fit_are_told(key, ratings, told):
    with pytest.raises(ValueError, match=told):
        rating_report(ratings, key)


# --------------------------------------------------------------------------------------- the files


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "s1,Ada,1,5,4,fine\ns1,Ada,2,,,\n",
        "\ufeff" + HEAD.replace(",", ";") + "s1;Ada;1;5,0;4,0;fine\r\n;;;;;\r\n",
        HEAD.replace(",", "\t") + "s1\tAda\t1\t5.0\t4\tfine\n\n",
        '"comment","sheet","readable","correct","picture","rater","more"\nfine,s1,4,5,1,Ada,x\n',
    ],
)
def test_ratings_are_read_as_spreadsheets_save_them(tmp_path, text):
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8", newline="")
    assert read_ratings(file) == [Rating("s1", "Ada", "1", {"correct": 5, "readable": 4}, "fine")]


def test_the_file_stands_for_a_rater_without_a_name(tmp_path):
    (tmp_path / "ada.csv").write_text(HEAD + "s1,,1,5,,\n")
    assert read_ratings(tmp_path / "ada.csv")[0].rater == "ada"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "row 1: there is no column 'sheet'"),
        ("sheet,rater,picture,correct,comment\n", "row 1: there is no column 'readable'"),
        (HEAD + "s1,Ada,1,5,4,\ns1,Ada,2,6,4,\n", "row 3, column correct: '6' is no whole number"),
        (HEAD + "s1,Ada,1,5,good,\n", "row 2, column readable: 'good' is no whole number"),
        (HEAD + 's1,Ada,1,5,4,"a\nb"\ns1,Ada,2,4.5,4,\n', "row 4, column correct: '4.5'"),
        (HEAD + "s1,Ada,,5,4,\n", "row 2, column picture: it is empty"),
        (HEAD + "s1,Ada,1\n,,2,5\n", "row 3, column sheet: it is empty"),
    ],
)
def test_a_wrong_file_is_told_with_row_and_column(tmp_path, text, told):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError) as fault:  # noqa: PT011
        read_ratings(tmp_path / "a.csv")
    assert told in str(fault.value)
    assert "a.csv" in str(fault.value)
    assert "\n" not in str(fault.value)


def test_other_letters_than_utf_8_are_told(tmp_path):
    (tmp_path / "a.csv").write_bytes((HEAD + "s1,Jürg,1,5,4,\n").encode("latin-1"))
    with pytest.raises(ValueError, match=r"not UTF-8 text .*save it as CSV in UTF-8"):
        read_ratings(tmp_path / "a.csv")


def test_the_key_is_found_beside_the_files(tmp_path, key, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "back").mkdir()
    file = tmp_path / "back" / "a.csv"
    file.write_text(HEAD + "s1,Ada,1,5,4,\n")
    with pytest.raises(ValueError, match="the key of sheet s1 is not beside these files"):
        read_agreement([file])
    other = Key("s0", {}, {}, {})
    (tmp_path / "back" / "a.key.json").write_text(other.to_json())
    (tmp_path / "b.key.json").write_text(key.to_json())
    assert read_agreement([file]).sheet == "s1"
    with pytest.raises(ValueError, match="of sheet s1, the key is of s0"):
        read_agreement([file], tmp_path / "back" / "a.key.json")


def test_files_of_two_sheets_and_empty_ones_are_told(tmp_path):
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text(HEAD + "s1,Ada,1,5,4,\n")
    other.write_text(HEAD + "s2,Bob,1,5,4,\n")
    with pytest.raises(ValueError, match="different sheets: s1, s2"):
        read_agreement([one, other])
    other.write_text(HEAD)
    with pytest.raises(ValueError, match="no ratings"):
        read_agreement([other])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sheet": "s", "pictures": {"1": ["x"]}}', "1"])
def test_what_is_no_key_is_told(tmp_path, text):
    (tmp_path / "a.key.json").write_text(text)
    with pytest.raises(ValueError, match="this is no key of a sheet"):
        read_key(tmp_path / "a.key.json")
