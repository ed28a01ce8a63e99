"""Train a small Phi-3 from scratch: ``python -m asygrammar.train nano --data D --out DIR``.

Read `train_nano` from top to bottom. The budget is wall-clock time (or steps); a run that was cut
goes on from its last checkpoint, on the same batches. Weights are fp32; where the processor has
bf16 units, or on a GPU, the forward pass is bf16. What this module does not know: what is in a
row (`asygrammar.train.data`), and how good the model is (`asygrammar.train.measure`).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, Phi3Config, Phi3ForCausalLM

from asygrammar.decoding.models import ready_to_decode
from asygrammar.prompt import build_messages
from asygrammar.train.data import IGNORED, Batch, steps
from asygrammar.train.greedy_answers import exact_rate
from asygrammar.train.muon import Muon
from asygrammar.train.precision import bf16_is_fast
from asygrammar.train.rows import TaskRow, read_rows
from asygrammar.train.run import (
    Clock,
    NanoSettings,
    Progress,
    load_checkpoint,
    log_line,
    same_settings,
    save_checkpoint,
)
from asygrammar.train.tokenizer import END, END_OF_TEXT, save_tokenizer, train_tokenizer

# The chat that this model knows has no system message.
_CHAT: Mapping[str, Any] = {"system": None, "tasks": ("generate", "fill")}


def train_nano(settings: NanoSettings) -> Path:
    """Train the model and save it.

    Returns:
        The folder of the model.

    Raises:
        ValueError: The folder holds a run with other settings, or the data cannot be used.
    """
    rows = read_rows(settings.data, "train")
    settings.out.mkdir(parents=True, exist_ok=True)
    same_settings(settings)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = _tokenizer(settings, rows)
    model = build_model(settings, tokenizer)
    model.to(device)  # type: ignore[arg-type]
    # Rows are short: the fused kernel's backward pass takes a third of a step on a CPU.
    model.set_attn_implementation("sdpa" if device.type == "cuda" else "eager")
    optimizers = _optimizers(model, settings)
    progress = load_checkpoint(settings, model, optimizers)

    data = steps(
        rows,
        tokenizer,
        seed=settings.seed,
        tokens=settings.batch_tokens,
        context=settings.context,
        programs=settings.programs,
        start=progress.step,
    )
    watched = _watched(settings)
    asked = ready_to_decode(model, _tokenizer(settings, rows), name=settings.out.name, **_CHAT)
    clock = Clock(progress.seconds)
    saved = measured = progress.seconds
    while progress.share(settings) < 1.0:
        _set_rates(optimizers, progress.share(settings), settings)
        progress.loss = _step(model, optimizers, next(data), device, progress)
        progress.seconds = clock.seconds()
        log_line(settings, progress)
        if progress.seconds - saved > settings.checkpoint_seconds:
            saved = progress.seconds
            save_checkpoint(settings, model, optimizers, progress)
        if progress.seconds - measured > settings.evaluate_seconds:
            measured = progress.seconds
            rates = {name: exact_rate(asked, some, _LONGEST) for name, some in watched.items()}
            log_line(settings, progress, rates)
    save_checkpoint(settings, model, optimizers, progress)
    return save_model(model, tokenizer, settings.out / "model")


def build_model(settings: NanoSettings, tokenizer: Any) -> Phi3ForCausalLM:
    """Build the network, with random weights."""
    config = Phi3Config(
        # A multiple of 64 is what matrix kernels like; decoding is told the padded size.
        vocab_size=math.ceil(len(tokenizer) / 64) * 64,
        hidden_size=settings.hidden,
        intermediate_size=settings.mlp,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=settings.context,
        original_max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        pad_token_id=tokenizer.pad_token_id,
    )
    return Phi3ForCausalLM(config)


def save_model(model: Phi3ForCausalLM, tokenizer: Any, folder: Path) -> Path:
    """Write a model folder: fp16 weights, tokenizer, configuration, ``prompt.json``.

    The configuration names fp32, so that they are loaded as such; computed in fp32, weights that
    were rounded to fp16 give the greedy answers of the ones that were not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ends = [tokenizer.convert_tokens_to_ids(token) for token in (END_OF_TEXT, END)]
    model.generation_config.eos_token_id = ends
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    half = {name: value.half() for name, value in model.state_dict().items()}
    model.save_pretrained(str(folder), state_dict=half)
    save_tokenizer(tokenizer, folder)
    (folder / "prompt.json").write_text(json.dumps(_CHAT) + "\n", encoding="utf-8")
    return folder


# Rows of each split that are answered as it goes, by task (programs take ten times as long), and
# tokens of an answer at most.
_WATCHED = {"generate": 16, "fill": 128}
_LONGEST = 384


def _watched(settings: NanoSettings) -> dict[str, list[TaskRow]]:
    """Return held-out rows, by split and task."""
    found: dict[str, list[TaskRow]] = {}
    for row in read_rows(settings.data, "test"):
        found.setdefault(f"{row.split}_{row.task}", []).append(row)
    return {
        name: random.Random(settings.seed).sample(rows, min(_WATCHED[rows[0].task], len(rows)))
        for name, rows in found.items()
    }


def _step(
    model: Phi3ForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    batches: list[Batch],
    device: torch.device,
    progress: Progress,
) -> float:
    """Take one step and return its loss: mean cross-entropy over answer tokens, in nats."""
    model.train()
    total = 0.0
    count = sum(int((batch.labels != IGNORED).sum()) for batch in batches)
    for batch in batches:
        ids, labels = batch.ids.to(device), batch.labels.to(device)
        with _autocast(device):
            # No mask: attention is causal and the padding stands on the right.
            hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
            answers = labels[:, 1:] != IGNORED
            logits: Tensor = model.lm_head(hidden[:, :-1][answers])
        wanted = labels[:, 1:][answers]
        loss = nn.functional.cross_entropy(logits.float(), wanted, reduction="sum") / count
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
        progress.tokens += ids.numel()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    progress.step += 1
    return total


def _autocast(device: torch.device) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_fast(device))


def _optimizers(model: Phi3ForCausalLM, settings: NanoSettings) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for everything else."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "layers" in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "layers" not in name]
    muon = Muon(matrices, lr=settings.muon_rate)
    adam = torch.optim.AdamW(others, lr=settings.adam_rate, betas=(0.9, 0.95), weight_decay=0.0)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [muon, adam]


def _set_rates(
    optimizers: list[torch.optim.Optimizer], share: float, settings: NanoSettings
) -> None:
    """Warm up linearly, then follow half a cosine down to a hundredth of the peak."""
    rising = min(1.0, share / settings.warmup + 1e-3)
    falling = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(rising, falling)


def _tokenizer(settings: NanoSettings, rows: Sequence[TaskRow]) -> Any:
    """Load the run's tokenizer; train it first where there is none."""
    folder = settings.out / "tokenizer"
    if not (folder / "tokenizer_config.json").is_file():
        texts = (text for row in rows[: settings.tokenizer_rows] for text in _texts(row))
        save_tokenizer(train_tokenizer(texts, settings.vocab, settings.context), folder)
    return AutoTokenizer.from_pretrained(str(folder))


def _texts(row: TaskRow) -> tuple[str, str]:
    """Return what a row is spelled with, prompts with what opens their task."""
    return build_messages(row.prompt, task=row.task, system=None)[-1]["content"], row.program
