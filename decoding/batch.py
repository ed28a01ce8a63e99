"""A batch of token sequences in one key-value cache, which grow and shrink apart.

Knows the model and token ids only. Each row is fed what it has not seen, however many tokens that
is; a row that goes back leaves holes in the cache, which nothing attends to any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from asygrammar.decoding.models import LoadedModel

#: What share of the cache's cells may be holes before it is packed anew.
MOST_HOLES = 0.4
_HOLE = -1


class Batch:
    """The rows' key-value cache.

    All cells are kept, those beyond a sliding window too: going back may need them again. A row
    sees what it would see alone, whatever its neighbours do: each cell knows its row's position.

    Args:
        model: The model.
        rows: How many sequences there are; they are empty.
    """

    def __init__(self, model: LoadedModel, rows: int) -> None:
        self._network = model.network
        self._pad = int(model.tokenizer.pad_token_id)
        self._device = model.device
        self._cache = DynamicCache()
        self._windows = _windows(model.network.config)
        # Position of each cell in its row, 0-based, shape (rows, cells).
        self._positions = torch.empty((rows, 0), dtype=torch.long)
        self.lengths = [0] * rows

    def feed(self, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
        """Let each row take in tokens, at least one.

        Args:
            tokens: Ids for each row, in its own number.

        Returns:
            Logits of the next token of each row, shape ``(rows, vocab)``.
        """
        self.pack()
        width = max(map(len, tokens))
        ids = torch.tensor([[self._pad] * (width - len(row)) + list(row) for row in tokens])
        fresh = torch.tensor(
            [
                [_HOLE] * (width - len(row)) + list(range(length, length + len(row)))
                for row, length in zip(tokens, self.lengths, strict=True)
            ]
        )
        self._positions = torch.cat([self._positions, fresh], dim=1)
        self.lengths = [old + len(row) for old, row in zip(self.lengths, tokens, strict=True)]
        with torch.no_grad():
            output = self._network(
                input_ids=ids.to(self._device),
                attention_mask=self._attention(fresh),
                position_ids=fresh.clamp(min=0).to(self._device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def shorten(self, row: int, length: int) -> None:
        """Take a row back to some length, in tokens; nothing happens where it is no longer."""
        removed = self.lengths[row] - length
        if removed <= 0:
            return
        self.lengths[row] = length
        positions = self._positions[row]
        positions[positions >= length] = _HOLE
        if len(self.lengths) == 1:  # no holes, so that no mask is needed
            self._positions = self._positions[:, :length]
            self._cache.crop(-removed)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all rows but these, which are renumbered from 0 in the order given."""
        index = torch.tensor(list(rows), dtype=torch.long)
        self._positions = self._positions[index]
        self.lengths = [self.lengths[row] for row in rows]
        self._cache.batch_select_indices(index.to(self._device))
        self.pack()

    def pack(self) -> None:
        """Close the holes, where they are many."""
        rows, cells = self._positions.shape
        holes = rows * cells - sum(self.lengths)
        if not holes or (len(self.lengths) > 1 and holes <= MOST_HOLES * rows * cells):
            return
        # Stable: a row's cells stay in the order of their positions, the holes go to the left.
        order = torch.argsort(self._positions >= 0, dim=1, stable=True)
        order = order[:, cells - max(self.lengths) :]
        self._positions = self._positions.gather(1, order)
        cells_kept = order.to(self._device)[:, None, :, None]
        layer: Any
        for layer in self._cache.layers:
            layer.keys = _picked(layer.keys, cells_kept)
            layer.values = _picked(layer.values, cells_kept)

    def _attention(self, fresh: torch.Tensor) -> Any:
        """Return what each fresh token may attend to, as the model takes it.

        A mask has the shape ``(rows, 1, fresh, cells)`` and is added to the attention's scores.
        """
        if len(self.lengths) == 1:
            return None  # it may attend to all before it, which is what models do by themselves
        key, query = self._positions[:, None, None, :], fresh[:, None, :, None]
        # A hole may attend to anything, so that its numbers stay finite.
        seen = ((key >= 0) & (key <= query)) | (query < 0)
        masks = {
            kind: self._added(seen if window is None else seen & (query - key < window))
            for kind, window in self._windows.items()
        }
        return masks if len(masks) > 1 else next(iter(masks.values()))

    def _added(self, seen: torch.Tensor) -> torch.Tensor:
        dtype = self._network.dtype
        lowest = torch.finfo(dtype).min
        added = torch.zeros(seen.shape, dtype=dtype)
        return added.masked_fill_(~seen, lowest).to(self._device)


def _windows(config: Any) -> dict[str, int | None]:
    """Return the sliding window, in tokens, of each kind of layer that a model has."""
    config = config.get_text_config(decoder=True)
    window = getattr(config, "sliding_window", None)
    kinds = set(getattr(config, "layer_types", None) or ())
    if not kinds:
        return {"all": window}
    return {kind: window if kind == "sliding_attention" else None for kind in kinds}


def _picked(states: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Return some cells of keys or values, shape ``(rows, heads, cells, size)``."""
    _, heads, _, size = states.shape
    return states.gather(2, cells.expand(-1, heads, -1, size))
