"""`AsyCode`: a string that checks, compiles, draws and saves itself."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import stat

import pytest

from asygrammar.decoding import AsyCode

needs_asy = pytest.mark.skipif(not shutil.which("asy"), reason="asy is not installed")

PROGRAM = "size(2cm);\ndraw((0,0)--(1,1));\n"
CODE = AsyCode(
    PROGRAM,
    prompt="Draw a line.",
    level="syntax",
    complete=False,
    stop_reason="budget",
    token_count=12,
    seconds=0.5,
    model="tiny",
)
FAULTY = AsyCode("draw((0,0);\n")


def test_it_is_the_program():
    assert CODE == PROGRAM
    assert isinstance(CODE, str)
    assert hash(CODE) == hash(PROGRAM)
    assert f"{CODE}" == PROGRAM
    assert CODE.splitlines()[0] == "size(2cm);"
    assert "".join([CODE]) == PROGRAM


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
def test_copies_keep_everything(duplicate):
    twin = duplicate(CODE)
    assert isinstance(twin, AsyCode)
    assert twin == CODE
    assert vars(twin) == vars(CODE)
    assert vars(twin)["stop_reason"] == "budget"


def test_check():
    assert CODE.check() == []
    assert FAULTY.check()


def test_save_the_program(tmp_path):
    CODE.save(tmp_path / "figure.ASY")
    assert (tmp_path / "figure.ASY").read_text(encoding="utf-8") == PROGRAM
    assert os.listdir(tmp_path) == ["figure.ASY"]


def test_a_saved_file_is_as_readable_as_any(tmp_path):
    CODE.save(str(tmp_path / "figure.asy"))
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


@needs_asy
@pytest.mark.parametrize(
    ("ending", "magic"), [("svg", b"<"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("eps", b"%!PS")]
)
def test_save_a_picture(tmp_path, ending, magic):
    target = tmp_path / f"figure.{ending}"
    target.write_bytes(b"old")
    CODE.save(target)
    assert target.read_bytes().startswith(magic)


@needs_asy
def test_pictures():
    assert CODE.compile(format="eps").ok
    assert CODE.render("png").startswith(b"\x89PNG")
    assert "<svg" in CODE._repr_svg_()
    assert CODE._repr_png_().startswith(b"\x89PNG")


@needs_asy
def test_a_faulty_program_shows_as_text():
    assert FAULTY._repr_svg_() is None
    assert FAULTY._repr_png_() is None


@needs_asy
def test_a_faulty_program_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"\d"):
        FAULTY.save(tmp_path / "figure.svg")
    assert os.listdir(tmp_path) == []


def test_without_asy_it_shows_as_text(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert CODE._repr_svg_() is None


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("figure.gif", r"cannot tell the format of 'figure\.gif': end the name in \.svg"),
        ("figure", "cannot tell the format"),
        ("missing/figure.svg", "there is no folder"),
        ("folder.svg", "it is a folder"),
        ("x" * 300 + ".asy", "cannot write"),
    ],
)
def test_where_it_cannot_be_saved(tmp_path, name, match):
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(ValueError, match=match) as error:
        CODE.save(tmp_path / name)
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == ["folder.svg"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="no permission"):
        CODE.save(tmp_path / "figure.asy")
