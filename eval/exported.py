"""The exported grammars: what each takes of real figures, read as a server would read it.

GBNF is read by llguidance's converter and, where it is installed, by xgrammar; the scoped grammar
by llguidance, each figure with the imports that it lacks, with the time of a mask beside the static
grammar's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from llguidance import LLMatcher, LLTokenizer, grammar_from
from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask

from asygrammar import add_imports, format_asy, load_grammar
from asygrammar.eval.completeness import encode_program
from asygrammar.eval.rows import read_tokenizer, static_matcher
from asygrammar.parser import AsySyntaxError

# Of so many figures, masks are timed along one.
_TIMED = 20


@dataclass(frozen=True)
class Exported:
    """What one grammar takes in one engine.

    Attributes:
        target: The grammar.
        engine: What reads it.
        size: Of its text, in bytes.
        accepted: How many figures it takes.
        mask: Median time of a mask, in seconds; 0 where none was timed.
    """

    target: str
    engine: str
    size: int
    accepted: int
    mask: float = 0.0


@dataclass(frozen=True)
class ExportReport:
    """What the exported grammars take.

    Attributes:
        figures: How many figures there were, all of which parse.
        unread: How many others do not parse, and were left out.
        exported: A row for each grammar and engine.
    """

    figures: int
    unread: int
    exported: tuple[Exported, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping of the fields."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines for a reader."""
        lines = [
            f"{it.target:<10} {it.engine:<12} {it.size / 1000:>6.1f} kB"
            f" {it.accepted:>6} of {self.figures} ({100 * it.accepted / self.figures:.1f} %)"
            + (f"  mask {1e6 * it.mask:.0f} us" if it.mask else "")
            for it in self.exported
        ]
        return "\n".join([*lines, f"{self.unread} figures do not parse and were left out"])


def measure_exports(
    figures: Iterable[tuple[str, str]],
    tokenizer: Any,
    progress: Callable[[], None] = lambda: None,
) -> ExportReport:
    """Let every engine that is installed read the figures under the exported grammars.

    Args:
        figures: Pairs of id and program.
        tokenizer: A fast tokenizer of Transformers.
        progress: Called after each grammar and engine.

    Raises:
        ValueError: No figure parses, or the tokenizer cannot be used.
    """
    programs, unread = _formatted(code for _, code in figures)
    if not programs:
        raise ValueError("none of the figures parses: give a file of figures")
    llg_tokenizer = read_tokenizer(tokenizer)
    complete = [_imported(program) for program in programs]
    rows = []
    engines: tuple[Callable[[], Exported | None], ...] = (
        lambda: _gbnf_in_llguidance(programs, tokenizer, llg_tokenizer),
        lambda: _gbnf_in_xgrammar(programs, tokenizer),
        lambda: _in_llguidance("syntax", "", programs, tokenizer, llg_tokenizer),
        lambda: _in_llguidance("scoped", _scoped(), complete, tokenizer, llg_tokenizer),
    )
    for measured in engines:
        row = measured()
        rows += [row] if row else []
        progress()
    return ExportReport(len(programs), unread, tuple(rows))


def _formatted(codes: Iterable[str]) -> tuple[list[str], int]:
    programs, unread = [], 0
    for code in codes:
        try:
            programs.append(format_asy(code, comments=False))
        except AsySyntaxError:
            unread += 1
    return [program for program in programs if program.strip()], unread


def _imported(program: str) -> str:
    return format_asy(add_imports(program), comments=False)


def _scoped() -> str:
    return load_grammar().export("llguidance", comments=False, scoped=True)


def _gbnf_in_llguidance(
    programs: Sequence[str], tokenizer: Any, llg_tokenizer: LLTokenizer
) -> Exported:
    text = load_grammar().export("gbnf", comments=False)
    pristine = LLMatcher(llg_tokenizer, grammar_from("gbnf", text), log_level=0)
    accepted = sum(map(bool, _taken(pristine, programs, tokenizer)))
    return Exported("gbnf", "llguidance", len(text.encode()), accepted)


def _gbnf_in_xgrammar(programs: Sequence[str], tokenizer: Any) -> Exported | None:
    if find_spec("xgrammar") is None:
        return None
    import xgrammar

    text = load_grammar().export("xgrammar", comments=False)
    known = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer))
    compiled = xgrammar.GrammarCompiler(known, max_threads=1).compile_grammar(text)
    accepted, end = 0, tokenizer.eos_token_id
    for program in programs:
        matcher = xgrammar.GrammarMatcher(compiled)
        accepted += matcher.accept_string(program) and matcher.accept_token(end)
    return Exported("xgrammar", "xgrammar", len(text.encode()), accepted)


def _in_llguidance(
    target: str, text: str, programs: Sequence[str], tokenizer: Any, llg_tokenizer: LLTokenizer
) -> Exported:
    text = text or load_grammar().export("llguidance", comments=False)
    pristine = static_matcher(llg_tokenizer)
    if target != "syntax":
        pristine = LLMatcher(llg_tokenizer, grammar_from("lark", text), log_level=0)
    taken = list(_taken(pristine, programs, tokenizer))
    timed = [tokens for tokens in taken if tokens][::_TIMED]
    seconds = [time for tokens in timed for time in _mask_times(pristine, tokens, llg_tokenizer)]
    mask = statistics.median(seconds) if seconds else 0.0
    return Exported(target, "llguidance", len(text.encode()), sum(map(bool, taken)), mask)


def _taken(pristine: LLMatcher, programs: Sequence[str], tokenizer: Any) -> Iterator[Sequence[int]]:
    """Yield the tokens of each program that is taken to its end, nothing for another one."""
    for program in programs:
        tokens = encode_program(tokenizer, program)
        matcher = pristine.deep_copy()
        whole = matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()
        yield tokens if whole else ()


def _mask_times(
    pristine: LLMatcher, tokens: Sequence[int], llg_tokenizer: LLTokenizer
) -> Iterator[float]:
    bitmask = allocate_token_bitmask(1, llg_tokenizer.vocab_size)
    matcher = pristine.deep_copy()
    for token in tokens:
        began = time.perf_counter()
        fill_next_token_bitmask(matcher, bitmask, 0)
        yield time.perf_counter() - began
        matcher.consume_token(token)
