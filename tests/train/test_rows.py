"""Rows: from files, for this prompt alone, and as the tokens that decoding sees."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict
from transformers import AutoTokenizer

from asygrammar.decoding.chat import decode_answer, prepare_tokenizer
from asygrammar.decoding.models import load_model
from asygrammar.decoding.request import make_request
from asygrammar.prompt import SYSTEM, TASKS, build_messages, fingerprint
from asygrammar.train.encoding import IGNORED, arrange, encode_rows, spell_answers
from asygrammar.train.rows import TaskRow, note_prompt, read_rows, write_rows
from asygrammar.train.tokenizer import encode_chats

PROGRAM = 'size(5cm);\npair A = (0,0);\ndraw(A--(1,1));\nlabel("$A$", A, S);\n'
ROW = TaskRow("Draw a segment.", PROGRAM, family="segment", level="foundation")
PHI3_TOKENIZER = Path(__file__).resolve().parents[3] / "shared" / "tokenizers" / "phi3"


# ------------------------------------------------------------------------------------- files


def test_rows_are_read_back(tmp_path: Path) -> None:
    rows = [ROW, TaskRow("Was ist ein Quadrat? é", "x", "hint")]
    write_rows(rows, tmp_path / "train.jsonl")
    assert read_rows(tmp_path, "train") == rows
    assert read_rows(tmp_path / "train.jsonl", "train") == rows
    assert read_rows(tmp_path, "validation") == []


def test_rows_of_datasets_are_read(tmp_path: Path) -> None:
    columns = asdict(ROW) | {"slots": "{}"}
    saved = DatasetDict({"train": Dataset.from_list([columns])})
    saved.save_to_disk(str(tmp_path / "figures"))
    note_prompt(tmp_path / "figures")
    assert read_rows(tmp_path / "figures", "train") == [ROW]
    assert read_rows(tmp_path / "figures", "test") == []


def test_a_data_set_of_another_prompt_is_refused(tmp_path: Path) -> None:
    write_rows([ROW], tmp_path / "train.jsonl")
    note = tmp_path / "prompt.json"
    note.write_text(json.dumps({"fingerprint": "0" * 64}))
    with pytest.raises(ValueError, match=r"made for another prompt.*build the data set again"):
        read_rows(tmp_path, "train")
    note.write_text("{}")
    with pytest.raises(ValueError, match="no fingerprint"):
        read_rows(tmp_path, "train")
    note.unlink()
    with pytest.raises(ValueError, match=f"does not say which prompt .*{fingerprint()}"):
        read_rows(tmp_path, "train")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "no JSON"),
        ("[1]", "no columns"),
        ('{"prompt": "a"}', "'program' must be a text"),
        ('{"prompt": " ", "program": "a"}', "'prompt' must be a text"),
        ('{"prompt": "a", "program": "b", "task": "draw"}', "task must be one of generate"),
        ('{"prompt": "a", "program": "b", "level": 3}', "'level' must be a text"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, says: str) -> None:
    write_rows([ROW], tmp_path / "train.jsonl")
    with (tmp_path / "train.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match=f"train.jsonl:2: {says}"):
        read_rows(tmp_path, "train")


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no data set .*asygrammar data build"):
        read_rows(tmp_path / "none", "train")
    note_prompt(tmp_path)
    with pytest.raises(ValueError, match="holds no data set"):
        read_rows(tmp_path, "train")


# ------------------------------------------------------------------------------------ prompt


def test_the_prompt_of_generate_is_what_it_was() -> None:
    assert build_messages("x", task="generate") == [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "x"},
    ]
    assert build_messages("x", system=None) == [{"role": "user", "content": "x"}]


@pytest.mark.parametrize("system", [SYSTEM, None, "Draw."])
def test_tasks_are_told_apart(system: str | None) -> None:
    chats = {json.dumps(build_messages("x", task=task, system=system)) for task in TASKS}
    assert len(chats) == len(TASKS)
    with pytest.raises(ValueError, match="task must be one of"):
        build_messages("x", task="draw", system=system)


# ------------------------------------------------------------------------------------ tokens


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral", "bundled"])
def test_training_sees_the_tokens_of_decoding(
    checkpoint_folders: dict[str, Path], family: str
) -> None:
    folder = None if family == "bundled" else checkpoint_folders[family]
    model = load_model(folder, device="cpu")
    (row,) = encode_rows(model, [ROW], 1024).rows
    request = make_request(model, [ROW.prompt], "free", {"max_new_tokens": 8})
    assert row.ids[: row.prompt].tolist() == request.prompts[0]
    answer = row.ids[row.prompt :].tolist()
    assert answer[-1] in model.end_ids
    assert not set(answer[:-1]) & set(model.end_ids)
    assert decode_answer(model.tokenizer, answer) == PROGRAM
    assert (row.labels[: row.prompt] == IGNORED).all()
    assert row.labels[row.prompt :].tolist() == answer
    if family == "phi3":
        assert model.tokenizer.convert_ids_to_tokens(answer[-1]) == "<|end|>"
    if family == "bundled":
        chat = build_messages(ROW.prompt, system=None)
        assert encode_chats(model.tokenizer, [chat], [PROGRAM]) == [(row.ids.tolist(), row.prompt)]


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_its_own_prompt(checkpoint_folders: dict[str, Path], task: str) -> None:
    model = load_model(checkpoint_folders["gemma"], device="cpu")
    (row,) = encode_rows(model, [TaskRow("x", "y", task)], 1024).rows
    text = model.tokenizer.decode(row.ids[: row.prompt])
    assert TASKS[task].system.split(".")[0] in text


def test_answers_are_spelled_as_the_chat_template_spells_them() -> None:
    if not PHI3_TOKENIZER.is_dir():
        pytest.skip("the Phi-3 tokenizer files are not here (../shared/tokenizers/phi3)")
    tokenizer = AutoTokenizer.from_pretrained(PHI3_TOKENIZER)
    prepare_tokenizer(tokenizer)
    messages = build_messages(ROW.prompt)
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    answered = [*messages, {"role": "assistant", "content": PROGRAM}]
    whole = tokenizer.apply_chat_template(answered, return_dict=False)
    (answer,) = spell_answers(tokenizer, [PROGRAM])
    ends = tokenizer.convert_tokens_to_ids(["<|end|>", "<|endoftext|>"])
    assert whole == [*prompt, *answer, *ends]


def test_long_rows_are_left_out_and_counted(tiny_phi3: Path) -> None:
    model = load_model(tiny_phi3, device="cpu")
    long = TaskRow("Draw.", PROGRAM * 20, "repair")
    encoded = encode_rows(model, [ROW, long], 400)
    assert [row.row for row in encoded.rows] == [ROW]
    assert encoded.dropped == {"repair": 1}
    length = len(encoded.rows[0].ids)
    assert encode_rows(model, [ROW], length).rows  # as long as it may be
    assert not encode_rows(model, [ROW], length - 1).rows


def test_packs_hold_whole_rows_of_one_level_in_order(tiny_phi3: Path) -> None:
    model = load_model(tiny_phi3, device="cpu")
    levels = ("advanced", "foundation", "", "application", "conceptual")
    rows = [TaskRow(f"Draw {i}.", PROGRAM, level=levels[i % 5]) for i in range(30)]
    encoded = encode_rows(model, rows, 2048)
    packs = arrange(encoded.rows, max_length=1024, packing=True, order="curriculum", seed=0)
    level_of = {tuple(one.ids.tolist()): one.row.level for one in encoded.rows}
    seen, order = [], []
    for pack in packs:
        assert len(pack["input_ids"]) <= 1024
        starts = [sum(pack["seq_lengths"][:i]) for i in range(len(pack["seq_lengths"]))]
        found = [
            tuple(pack["input_ids"][start : start + length])
            for start, length in zip(starts, pack["seq_lengths"], strict=True)
        ]
        seen += found
        (level,) = {level_of[one] for one in found}
        order.append(level)
    assert sorted(seen) == sorted(level_of)
    wanted = ["foundation", "conceptual", "application", "advanced", ""]
    assert order == sorted(order, key=wanted.index)
    assert len(packs) < len(rows)
