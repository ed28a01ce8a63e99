"""Data sets from the templates: the same bytes, splits apart, every program compiled, resumable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asygrammar.cli import main
from asygrammar.compiler import compile
from asygrammar.figures import SPLITS
from asygrammar.template_answers import read_answer
from asygrammar.templates import load_templates
from asygrammar.train import building
from asygrammar.train.building import BuiltRow, build_data, check_splits
from asygrammar.train.rows import read_rows

pytestmark = pytest.mark.usefixtures("asy")
SIZE = 140


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    report = build_data(SIZE, 5, folder, jobs=1)
    assert report.rows["train"] == 2 * SIZE
    assert report.families == len(load_templates())
    return folder


def lines(folder: Path, split: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


def test_rows(built: Path) -> None:
    rows = lines(built, "train")
    assert {row["task"] for row in rows} == {"generate", "fill"}
    programs = {row["prompt"]: row["program"] for row in rows if row["task"] == "generate"}
    for row in rows:
        template = load_templates()[str(row["family"])]
        assert (row["grade"], row["level"]) == (template.grade, template.level)
        assert isinstance(row["objects"], int)
        assert set(json.loads(str(row["slots"]))) <= {*template.slots, "decorations"}
        if row["task"] == "fill":
            assert read_answer(str(row["program"])).program == programs[row["prompt"]]
    assert compile(str(rows[0]["program"]), "eps").ok
    assert {row["split"] for row in lines(built, "test")} == set(SPLITS[1:])


def test_training_reads_it(built: Path) -> None:
    rows = read_rows(built, "train")
    assert len(rows) == 2 * SIZE
    assert {row.level for row in rows} <= {"foundation", "conceptual", "application", "advanced"}


def test_datasets_loads_it(built: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    found = datasets.load_dataset(str(built), split="test", cache_dir=str(tmp_path))
    assert found.column_names == list(BuiltRow.__dataclass_fields__)


def test_a_cut_build_goes_on_to_the_same_bytes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = building._make_part, []

    def cut(part: building._Part) -> None:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(part)
        make(part)

    monkeypatch.setattr(building, "PART", 50)
    monkeypatch.setattr(building, "_make_part", cut)
    with pytest.raises(KeyboardInterrupt):
        build_data(SIZE, 5, tmp_path, jobs=1)
    assert not (tmp_path / "train.jsonl").exists()
    monkeypatch.setattr(building, "_make_part", make)
    build_data(SIZE, 5, tmp_path, jobs=2)
    for name in ("train.jsonl", "test.jsonl"):
        assert (tmp_path / name).read_bytes() == (built / name).read_bytes()
    assert not list(tmp_path.glob(".parts*"))


def test_a_program_in_two_splits_fails_the_build() -> None:
    row = BuiltRow("x", "dot((0,0));\n", "generate", "f", "3-5", "foundation", "", "{}", 1, [])
    with pytest.raises(ValueError, match="'train' and in 'values'"):
        check_splits({"train": [row], "values": [row]})


def test_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "d")]
    assert main(["data", "build", "--size", "0", *out]) == 2
    assert "the size must be 1 or more" in capsys.readouterr().err
    assert main(["data", "build", "--size", "5", "--tasks", "paint", *out]) == 2
    assert "not 'paint'" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
