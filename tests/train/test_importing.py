"""`data import`: from messy sources to a data set, with a reason for everything that falls."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from asygrammar.cli import main
from asygrammar.compiler import compile
from asygrammar.figures import normalize
from asygrammar.train.asked_descriptions import DescriptionServer
from asygrammar.train.figure_splits import skeleton, split_by_figure
from asygrammar.train.import_steps import ANEW, ASKED, OWN, READ
from asygrammar.train.importing import ImportReport, ImportSettings, import_data
from asygrammar.train.progress_log import ProgressLog
from asygrammar.train.rows import read_rows
from asygrammar.train.sources import LARGEST_ROW

TRIANGLE = 'pair A=(0,0),B=(4,0),C=(1,3);draw( A--B--C--cycle , red ); label("$A$",A,SW);'
LONG = "The diagram shows a triangle. " * 12

# Rows of a bad file: what stands in the line, and the reason it is left out for; "" is kept.
ROWS: list[tuple[bytes | dict[str, Any], str]] = [
    ({"id": "t#p0", "text": "A red triangle.", "code": TRIANGLE}, ""),
    ({"id": "t#s0", "text": "The same.", "code": f"// again\n{TRIANGLE}\n"}, "duplicate"),
    ({"id": "t#s1", "text": LONG + "It has", "code": TRIANGLE.replace("4", "5")}, ""),
    ({"id": "f", "text": "", "code": "Here:\n```asy\ndraw((0,0)--(2,1));\n```\nThat is it."}, ""),
    ({"id": "x", "text": "", "code": '/*<asyxml><view a="b"/></asyxml>*/dot((0,0));'}, ""),
    ({"id": "g", "text": "", "code": 'draw(Circle((0,0),2)); settings.outformat="pdf";'}, ""),
    ({"id": "s", "text": "", "code": "import graph; size(5cm);"}, "size only"),
    ({"id": "e", "text": "", "code": "  "}, "empty"),
    ({"id": "y", "text": "", "code": "draw((0,0)--(1,1)"}, "syntax"),
    ({"id": "m", "text": "", "code": "import flowchart; draw((0,0)--(1,1));"}, "module"),
    ({"id": "n", "text": "", "code": "draw(nowhere);"}, "undeclared name"),
    ({"id": "r", "text": "", "code": "real x = 0; draw((0,0)--(1,1/x));"}, "does not compile"),
    ({"id": "d", "text": "", "code": "real x = 1; pair z = (x,2);"}, "drew nothing"),
    ({"id": "l", "text": "", "code": "dot((0,0));" * 2000}, "too long"),
    ({"id": "u", "text": "", "code": "draw(1, 2, 3, 4);"}, "no matching function"),
    ({"text": "no program"}, "no columns"),
    ({"text": "no program", "code": 3}, "no columns"),
    (b'["a", "list"]', "no columns"),
    (b'{"text": "cut', "no JSON"),
    (b'{"text": "", "code": "draw((0,0)--(1,1)); // \xe9"}', "broken encoding"),
    (b'{"text": "", "code": "' + b"a" * 10_000_000 + b'"}', "too large"),
]


def write_rows(path: Path, rows: Iterable[bytes | dict[str, Any]]) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def read_all(out: Path) -> list[dict[str, Any]]:
    names = ("train", "validation", "test")
    paths = [out / f"{name}.jsonl" for name in names if (out / f"{name}.jsonl").exists()]
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def imported(asy: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import")
    source = write_rows(folder / "figures.jsonl", [row for row, _ in ROWS])
    columns = ["--program-column", "code", "--prompt-column", "text"]
    out = folder / "out"
    assert main(["data", "import", str(source), "--out", str(out), *columns, "--vary", "3"]) == 0
    return out


def test_what_falls_is_told_with_a_reason(imported: Path) -> None:
    fallen = [json.loads(line) for line in (imported / "rejected.jsonl").read_text().splitlines()]
    told = {row["place"]: row["reason"] for row in fallen}
    assert told == {f"figures.jsonl:{n}": why for n, (_, why) in enumerate(ROWS, 1) if why}
    assert len(fallen) == len(told)
    assert all(row["detail"] for row in fallen)


def test_what_is_kept_is_clean_and_compiles(imported: Path) -> None:
    rows = {row["source"]: row for row in read_all(imported)}
    kept = {f"figures.jsonl:{n}" for n, (_, why) in enumerate(ROWS, 1) if not why}
    assert kept == {source for source in rows if "~" not in source}
    first = rows["figures.jsonl:1"]
    assert first["program"].startswith("pair A = (0,0), B = (4,0), C = (1,3);\ndraw(A--B--C--cycle")
    assert first["prompt"] == "A red triangle."
    assert (first["objects"], first["style"]) == (1, ["red", "labels"])
    assert rows["figures.jsonl:4"]["prompt"] == "Draw the segment from (0,0) to (2,1)."
    assert rows["figures.jsonl:5"]["program"] == "dot((0,0));\n"
    assert rows["figures.jsonl:6"]["program"].startswith("import graph;\n")
    assert rows["figures.jsonl:6"]["prompt"].startswith(
        "Draw a circle with center (0,0) and radius 2"
    )
    # The description was cut off, so the syntax tree tells.
    assert rows["figures.jsonl:3"]["prompt"].startswith("Draw the triangle ABC, in red. Use A = ")
    for row in rows.values():
        assert set(row) == {"prompt", "program", "source", "split", "objects", "style"}
        assert compile(row["program"], "eps").ok
    assert len({normalize(row["program"]) for row in rows.values()}) == len(rows)


def test_variants_stay_in_the_split_of_their_figure(imported: Path) -> None:
    rows = read_all(imported)
    variants = [row for row in rows if "~" in row["source"]]
    assert len(variants) >= 6
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["source"].partition("~")[0], set()).add(row["split"])
    # 1 and 3 are of one problem, so of one figure.
    assert splits["figures.jsonl:1"] == splits["figures.jsonl:3"]
    assert all(len(names) == 1 for names in splits.values())
    for row in variants:
        assert row["prompt"].startswith("Draw ")


def test_the_data_set_loads_and_says_what_it_is(imported: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    found = load_dataset(str(imported), cache_dir=str(tmp_path))
    rows = read_all(imported)
    assert sum(len(found[split]) for split in found) == len(rows)
    assert {row["split"] for row in rows} == set(found)
    assert found["train"].features["objects"].dtype == "int64"
    trained = read_rows(imported, "train")
    assert [row.program for row in trained] == found["train"]["program"][:]
    card = (imported / "README.md").read_text()
    for part in (
        "| figures.jsonl | not stated",
        "| figures kept | 5 |",
        "left out: too large | 1 |",
    ):
        assert part in card
    assert not (imported / ".progress.jsonl").exists()


class CutError(Exception):
    """Somebody pulled the plug."""


def test_a_cut_run_goes_on_where_it_was(asy: str, tmp_path: Path) -> None:
    programs = [f"draw((0,0)--({n},1));" for n in range(1, 7)]
    source = write_rows(tmp_path / "a.jsonl", [{"program": program} for program in programs])

    def cut_after_four(items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
        assert total == 6
        for number, item in enumerate(items):
            if number == 4:
                raise CutError
            yield item

    out = tmp_path / "out"
    settings = ImportSettings(jobs=1)
    with pytest.raises(CutError):
        import_data([source], out, settings, progress=cut_after_four)
    assert [path.name for path in out.iterdir()] == [".progress.jsonl"]
    log = out / ".progress.jsonl"
    known = log.read_text().splitlines()
    assert 4 <= len(known) < 6 or len(known) == 6
    # What is in the log is believed; a line that was cut is not there.
    entry = json.loads(known[0]) | {"answer": ["as the log says", "so it is"]}
    log.write_text("\n".join([json.dumps(entry), *known[1:3], known[3][:20]]))
    report = import_data([source], out, settings)
    assert (report.figures, report.rejected) == (5, {"as the log says": 1})
    assert not log.exists()


def test_a_checkout_of_examples(asy: str, tmp_path: Path) -> None:
    folder = tmp_path / "asymptote-exemples"
    for name in ("generalities", ".git"):
        (folder / name).mkdir(parents=True)
    (folder / ".git" / "fig1.asy").write_text("draw((0,0)--(9,9));")
    (folder / "COPYING").write_text("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3")
    for number, program in enumerate(
        ("fill(unitcircle);", "draw(box((0,0),(2,1)));", "size(1cm);")
    ):
        base = folder / "generalities" / f"fig00{number}0.asy"
        base.write_text(program)
        base.with_suffix(".id").write_text(f"{number:032x}\n")
        base.with_suffix(".tag").write_text("|98|Basis|\n|76|Fill/Unfill|\n")
    out = tmp_path / "out"
    report = import_data([folder], out)
    assert (report.read, report.figures, report.rejected) == (3, 2, {"size only": 1})
    rows = {row["source"]: row for row in read_all(out)}
    assert set(rows) == {f"asymptote-exemples/generalities/fig00{n}0.asy" for n in (0, 1)}
    assert "GNU LESSER GENERAL PUBLIC LICENSE (COPYING)" in (out / "README.md").read_text()


def test_texts_with_blocks(asy: str, tmp_path: Path) -> None:
    block = "[asy]\ndraw((0,0)--({},1));\n[/asy]"
    folder = tmp_path / "algebra"
    folder.mkdir()
    problem = {
        "problem": f"Look: {block.format(1)}",
        "solution": f"So {block.format(2)} and [asy]x",
    }
    (folder / "1.json").write_text(json.dumps(problem))
    (folder / "2.json").write_text("{")
    text = tmp_path / "page.txt"
    text.write_text(f"One {block.format(3)}\n\ntwo {block.format(4)}")
    rows = write_rows(tmp_path / "b.jsonl", [{"program": f"Text {block.format(5)}"}])
    out = tmp_path / "out"
    report = import_data([folder, text, rows], out)
    assert (report.figures, report.rejected) == (5, {"cut off": 1, "no JSON": 1})
    assert {row["source"] for row in read_all(out)} == {
        "algebra/1.json#1",
        "algebra/1.json#2",
        "page.txt#1",
        "page.txt#2",
        "b.jsonl:1#1",
    }


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({}, ["nowhere.jsonl"], "nowhere.jsonl: No such file"),
        ({"a.csv": "x"}, ["a.csv"], "cannot import a.csv: it is no folder"),
        ({"d/a.txt": "x"}, ["d"], "d holds neither .asy files nor problems"),
        ({"a.jsonl": "{}"}, ["a.jsonl"], "no program is left (no columns: 1): see out/rejected"),
        ({"a.jsonl": "{}", "out/x": ""}, ["a.jsonl"], "out holds x, too: choose another folder"),
        ({}, ["a.jsonl", "--vary", "-1"], "--vary must be 0 or more"),
        ({}, ["a.jsonl", "--describe-with", "file:///etc"], "begins with http:// or https://"),
        (
            {},
            ["a.jsonl", "--describe-with", "http://x/v1", "--describe-key", "NO_SUCH_KEY"],
            "there is no environment variable NO_SUCH_KEY",
        ),
    ],
)
def test_bad_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    assert main(["data", "import", *arguments, "--out", "out"]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*train*"))


# ------------------------------------------------------------------------- splits, descriptions


def test_splits_by_figure() -> None:
    parts = ("dot((0,0));\n", "fill(unitcircle);\n")
    texts = ("".join(parts[n >> bit & 1] for bit in range(9)) for n in range(300))
    programs = [(f"f{n}", text) for n, text in enumerate(texts)]
    splits = split_by_figure(programs)
    assert splits == split_by_figure(programs)
    assert splits[:100] == split_by_figure(programs[:100])
    shares = {split: splits.count(split) / 300 for split in set(splits)}
    assert abs(shares["train"] - 0.8) < 0.07
    assert abs(shares["test"] - 0.15) < 0.06
    assert 0.01 < shares["validation"] < 0.1
    # By what the source says, by the program, and by both in a row.
    same = [("a", "dot((1,2));\n"), ("a", "fill(unitcircle);\n"), ("b", "fill(unitcircle, red);\n")]
    more = [("c", "dot((3,4));\n"), ("b", "draw(box((0,0), (1,1)));\n")]
    assert len(set(split_by_figure([*same, *more]))) == 1
    assert skeleton('label("$A$", (1,2), red);\n') == skeleton('label("b", (3,.5), blue);\n')


class Answers(BaseHTTPRequestHandler):
    """A chat server that cuts its first answers off, is busy at times, and notes what is asked."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = self.server.asked  # type: ignore[attr-defined]
        asked.append((self.path, self.headers.get("Authorization"), body))
        program = body["messages"][-1]["content"]
        if "(7," in program and sum(program == a[2]["messages"][-1]["content"] for a in asked) == 1:
            self.send_error(503)
            return
        if "(8," in program:
            self.send_error(401, "who are you")
            return
        cut = body["max_tokens"] < {1: 0, 2: 900, 3: 9000}.get(int(program.split("--(")[1][0]), 0)
        choice = {
            "message": {"content": "Please draw a line that is very" if cut else "Draw a line."},
            "finish_reason": "length" if cut else "stop",
        }
        data = json.dumps({"choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    found.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


def import_lines(
    tmp_path: Path, server: ThreadingHTTPServer, ends: Iterable[int]
) -> tuple[ImportReport, Path]:
    rows = [{"program": f"draw((0,0)--({n},1));", "prompt": LONG[:-9] * (n == 7)} for n in ends]
    source = write_rows(
        tmp_path / "lines.jsonl", [*rows, {"program": "dot((0,0));", "prompt": "A."}]
    )
    url = f"http://127.0.0.1:{server.server_address[1]}/v1/"
    described = DescriptionServer(url, "some-model", "secret", pauses=(0.01,))
    out = tmp_path / "out"
    return import_data([source], out, ImportSettings(server=described, jobs=1)), out


def test_descriptions_are_asked_for_again_until_they_are_whole(
    asy: str, tmp_path: Path, server: ThreadingHTTPServer
) -> None:
    report, out = import_lines(tmp_path, server, (1, 2, 3, 7))
    assert report.prompts == {ASKED: 2, ANEW: 1, OWN: 1}
    assert READ not in report.prompts
    assert report.rejected == {"no description": 1}  # 3 is cut off each time
    rows = {row["source"]: row["prompt"] for row in read_all(out)}
    assert rows == {
        "lines.jsonl:1": "Draw a line.",
        "lines.jsonl:2": "Draw a line.",
        "lines.jsonl:4": "Draw a line.",
        "lines.jsonl:5": "A.",
    }
    asked = server.asked  # type: ignore[attr-defined]
    assert [body["max_tokens"] for _, _, body in asked] == [300, 300, 900, 300, 900, 2700, 300, 300]
    assert {(path, key, body["model"]) for path, key, body in asked} == {
        ("/v1/chat/completions", "Bearer secret", "some-model")
    }


def test_a_server_that_refuses_stops_the_run_which_can_go_on(
    asy: str, tmp_path: Path, server: ThreadingHTTPServer
) -> None:
    with pytest.raises(ValueError, match=r"refuses: status 401, .*who are you"):
        import_lines(tmp_path, server, (1, 8))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".progress.jsonl"]
    with ProgressLog(tmp_path / "out" / ".progress.jsonl") as log:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1/"
        known = log.get("describe", url, "some-model", "draw((0,0)--(1,1));\n")
    assert known == "Draw a line."


def test_no_server(tmp_path: Path) -> None:
    nobody = DescriptionServer("http://127.0.0.1:9", pauses=(0.0,))
    with pytest.raises(ValueError, match=r"does not answer .*: run it again to go on"):
        nobody.describe("dot((0,0));\n")


def test_the_limit_of_a_row_is_far_below_the_bad_one() -> None:
    assert LARGEST_ROW < 10_000_000
