"""Measures of a text beside another: pure functions, which run no program and open no file.

What the picture is like is measured in `asygrammar.eval.pictures`, how much of a program runs in
`asygrammar.eval.statement_score`, what a text has in it that is no program in
`asygrammar.eval.contamination`, shares with their intervals in `asygrammar.eval.stats`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

import numpy as np

from asygrammar.compiler.scan import Token, tokens
from asygrammar.eval.contamination import Cleaning as Cleaning
from asygrammar.eval.contamination import cleaned as cleaned
from asygrammar.eval.contamination import contamination as contamination
from asygrammar.eval.contamination import without_prose
from asygrammar.layout import format_asy
from asygrammar.parser import AsySyntaxError

# Marks that are one token where nothing stands between them.
_OPERATORS = frozenset(
    mark
    for line in ("-- --- .. ... :: == != <= >= && || ++ += -= *= /= %= ^= ^^ << >>",)
    for mark in line.split()
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# Of longer texts, the beginnings alone are compared, so that the time is bounded.
_LONGEST_COMPARED = 20_000
# A quote without its other one ends a scan; so often it goes on behind it.
_MOST_QUOTES = 4


def compile_at_k(samples: int, compiled: int, k: int) -> float:
    """Return the chance that of ``k`` samples of one problem at least one compiles.

    The unbiased estimate from more samples than that,

        1 - C(samples - compiled, k) / C(samples, k),

    multiplied out so that nothing overflows. Over several problems it is averaged.

    Source: M. Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374
    (2021), section 2.1 (there ``pass@k``).

    Args:
        samples: How many samples of the problem there are.
        compiled: How many of them compile.
        k: How many may be tried.

    Raises:
        ValueError: ``k`` is not from 1 to ``samples``, or ``compiled`` not from 0 to ``samples``.
    """
    if not 0 <= compiled <= samples:
        raise ValueError(f"what compiles must be from 0 to {samples} samples, not {compiled}")
    if not 1 <= k <= samples:
        raise ValueError(f"k must be from 1 to {samples} (the samples of a problem), not {k}")
    missed = 1.0
    for count in range(samples - compiled + 1, samples + 1):
        missed *= max(1 - k / count, 0.0)
    return 1 - missed


def exact_match(completion: str, reference: str) -> bool:
    """Tell whether two texts are the same program, whatever their white space and comments.

    Both are laid out by `format_asy` without comments; of a text that does not parse, the white
    space at its ends does not count.
    """
    return _canonical(completion) == _canonical(reference)


def similarity(a: str, b: str) -> float:
    """Return how alike two texts are, from 0 to 1, by their matching blocks of characters.

    ``2 M / T`` of M characters in matching blocks and T characters in both, as
    `difflib.SequenceMatcher` finds them with its defaults (which is what
    asymptote_finetune reports; in a second text of 200 characters or more, it starts no block at
    a character that makes up more than 1 % of it). Two empty texts are alike.

    Source: J. W. Ratcliff and D. E. Metzener, "Pattern Matching: The Gestalt Approach", Dr. Dobb's
    Journal 13 (1988).

    Args:
        a: What was written. Of more than 20,000 characters, the rest counts as unlike.
        b: What was wanted; the measure is not quite symmetric.
    """
    if not a and not b:
        return 1.0
    matcher = SequenceMatcher(None, a[:_LONGEST_COMPARED], b[:_LONGEST_COMPARED])
    return 2 * sum(block.size for block in matcher.get_matching_blocks()) / (len(a) + len(b))


def edit_distance(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return the Levenshtein distance: items to insert, delete or replace.

    V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals",
    Soviet Physics Doklady 10 (1966); row by row, as R. A. Wagner and M. J. Fischer, "The
    String-to-String Correction Problem", JACM 21 (1974).

    Args:
        one: A text, or any other sequence.
        other: The same.
    """
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    short, long = sorted((one[same:], other[same:]), key=len)
    numbers: dict[Hashable, int] = {}
    rows, letters = (
        [numbers.setdefault(it, len(numbers)) for it in items] for items in (short, long)
    )
    columns = np.arange(len(long) + 1, dtype=np.int64)
    row, across = columns.copy(), np.array(letters, dtype=np.int64)
    for letter in rows:
        changed = np.empty_like(row)
        changed[0] = row[0] + 1
        changed[1:] = np.minimum(row[1:] + 1, row[:-1] + (across != letter))
        # Inserting goes along the row: the least so far, and one for each column since.
        row = np.minimum.accumulate(changed - columns) + columns
    return int(row[-1])


def token_edit_distance(a: str, b: str) -> int:
    """Return how many tokens of Asymptote to insert, delete or replace to make one text the other.

    Words, numbers, strings and operators are tokens; white space and comments are none.
    """
    return edit_distance(words_of(a), words_of(b))


def words_of(text: str) -> list[str]:
    """Return the tokens of Asymptote in a text, of which not all need be Asymptote.

    What follows a comment that is not closed is no token; a quote that is not closed is one.
    """
    found: list[str] = []
    end = -1
    for token in scan(text):
        joined = found[-1] + token.text if found and token.start == end else ""
        if token.kind == "mark" and joined in _OPERATORS:
            found[-1] = joined
        else:
            found.append(token.text)
        end = token.end
    return found


def scan(text: str) -> list[Token]:
    """Return the tokens of a text of which not all need be Asymptote.

    Behind a quote that is not closed, it goes on; behind a comment that is not closed, not.
    """
    found: list[Token] = []
    start = 0
    for _ in range(_MOST_QUOTES):
        found += [Token(it.kind, it.text, it.start + start) for it in tokens(text[start:])]
        if not found or found[-1].kind != "open_string":
            break
        start = found[-1].end
    return found


def is_truncated(
    completion: str, complete: bool | None = None, prompt: str = "", system: str = ""
) -> bool:
    """Tell whether a text was cut before its end.

    It was where its writer's budget ended it, and where it leaves something open: a string, a
    comment, a bracket, or its last statement, which has neither ``;`` nor ``}``. The prompt, code
    fences and prose are put aside before that; a text of nothing else leaves nothing open.

    Args:
        completion: What was written.
        complete: Whether the writer ended it, or ``None`` where nobody knows.
        prompt: What it was written for, if it may stand in the text.
        system: What stood before that.
    """
    if complete is False:
        return True
    program = without_prose(cleaned(completion, prompt, system).fence_cut)
    found = tokens(program)
    if not found:
        return False
    depth = sum((it.text in _OPENING) - (it.text in _CLOSING) for it in found)
    last = found[-1]
    return depth > 0 or last.kind != "mark" or last.text not in (";", "}")


def _canonical(text: str) -> str:
    try:
        return format_asy(text, comments=False)
    except AsySyntaxError:
        return text.replace("\r\n", "\n").strip()
