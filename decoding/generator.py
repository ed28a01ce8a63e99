"""`AsyGenerator` and `generate_asy`: a sentence in, a program out."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from copy import copy
from functools import lru_cache
from typing import overload

from asygrammar.decoding.chat import decode_answer, whole_characters
from asygrammar.decoding.closing import end_program, tokens_to_close
from asygrammar.decoding.code import AsyCode
from asygrammar.decoding.constraint import Constraint, SyntaxConstraint
from asygrammar.decoding.levels import LEVELS, resolve_level
from asygrammar.decoding.loop import Close, Row, decode
from asygrammar.decoding.models import load_model
from asygrammar.decoding.request import Request, make_request
from asygrammar.grammar import load_grammar

# Prompts decoded side by side: memory for the cache grows with it.
BATCH_SIZE = 16


class AsyGenerator:
    """A loaded model that turns sentences into programs.

    Args:
        model: A folder or a Hugging Face name; ``None`` is the bundled model.
        adapter: A PEFT adapter for it, a folder or a Hugging Face name.
        device: Where to run, as torch names it; by default a GPU where there is one.
        quantization: ``"4bit"`` (nf4, double quantization), ``"8bit"`` or ``None``.
        modules: The modules programs may import; ``None`` is all that are shipped.

    Raises:
        ValueError: There is no such model, adapter, device, quantization or module.
        ImportError: The adapter or quantization needs a package that is not installed.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        adapter: str | os.PathLike[str] | None = None,
        device: str | None = None,
        quantization: str | None = None,
        modules: Sequence[str] | None = None,
    ) -> None:
        self._grammar = load_grammar(modules)
        self._model = load_model(model, adapter, device, quantization)
        self._constraints: dict[str, Constraint] = {}

    @property
    def model(self) -> str:
        """The model's name, and the adapter's."""
        return self._model.name

    @overload
    def generate(  # type: ignore[overload-overlap]  # a str is an iterable of str, too
        self,
        prompts: str,
        constrained: bool | str = ...,
        *,
        mode: str = ...,
        max_new_tokens: int = ...,
        temperature: float = ...,
        seed: int | None = ...,
        examples: int = ...,
        batch_size: int = ...,
    ) -> AsyCode: ...

    @overload
    def generate(
        self,
        prompts: Iterable[str],
        constrained: bool | str = ...,
        *,
        mode: str = ...,
        max_new_tokens: int = ...,
        temperature: float = ...,
        seed: int | None = ...,
        examples: int = ...,
        batch_size: int = ...,
    ) -> list[AsyCode]: ...

    def generate(
        self,
        prompts: str | Iterable[str],
        constrained: bool | str = True,
        *,
        mode: str = "auto",
        max_new_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
        examples: int = 0,
        batch_size: int = BATCH_SIZE,
    ) -> AsyCode | list[AsyCode]:
        """Write the programs that draw what is asked for.

        Args:
            prompts: A sentence, or several of them.
            constrained: ``False`` is free decoding, ``True`` the strongest level there is;
                otherwise a level's name.
            mode: ``"program"``, or ``"auto"``, which is the same until there is another.
            max_new_tokens: The most tokens a program may take.
            temperature: 0 takes the likeliest token; above, tokens are drawn.
            seed: The same seed gives the same program; sentence ``i`` (0-based) of several is
                drawn with ``seed + i``. ``None`` draws anew each time.
            examples: How many worked examples to show the model first.
            batch_size: How many sentences are decoded side by side.

        Returns:
            The program; for several sentences a list in their order.

        Raises:
            ValueError: A sentence is empty or too long for the model, or an argument is out of
                range; nothing has been decoded then.
        """
        single = isinstance(prompts, str)
        sentences = [prompts] if isinstance(prompts, str) else list(prompts)
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}")
        request = make_request(
            self._model, sentences, constrained, mode, max_new_tokens, temperature, seed, examples
        )
        programs: list[AsyCode] = []
        for start in range(0, len(sentences), batch_size):
            programs += self._decode_batch(request.part(start, start + batch_size))
        return programs[0] if single else programs

    def stream(
        self,
        prompt: str,
        constrained: bool | str = True,
        *,
        mode: str = "auto",
        max_new_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
        examples: int = 0,
    ) -> Generator[str, None, AsyCode]:
        """Write one program and hand it out piece by piece.

        At a constrained level a piece is whole statements: what is shown is never taken back.

        Args:
            prompt: A sentence.
            constrained: As for `generate`, and so are the other arguments.
            mode: See `generate`.
            max_new_tokens: See `generate`.
            temperature: See `generate`.
            seed: See `generate`.
            examples: See `generate`.

        Yields:
            Pieces of text; put together they are the program.

        Returns:
            The program (the value of ``yield from``).

        Raises:
            ValueError: As for `generate`, when the stream is made.
        """
        request = make_request(
            self._model, [prompt], constrained, mode, max_new_tokens, temperature, seed, examples
        )
        return self._stream(request)

    def _stream(self, request: Request) -> Generator[str, None, AsyCode]:
        constraint, tokenizer = self._constraint(request.level), self._model.tokenizer
        shown, settled = "", 0
        row = Row()
        for (row,) in self._steps(request, constraint):
            ids = row.ids[: row.cut] if constraint.cuts else whole_characters(tokenizer, row.ids)
            if len(ids) > settled and not row.stop_reason:
                text, settled = self._text(ids, constraint), len(ids)
                if not text.endswith("\ufffd"):  # half a character, for byte-level tokenizers
                    yield text[len(shown) :]
                    shown = text
        program = self._program(request, 0, row, constraint)
        if len(program) > len(shown):
            yield program[len(shown) :]
        return program

    def _decode_batch(self, request: Request) -> list[AsyCode]:
        constraint = self._constraint(request.level)
        rows: list[Row] = []
        for rows in self._steps(request, constraint):  # noqa: B007 - the last step's are whole
            pass
        return [self._program(request, number, row, constraint) for number, row in enumerate(rows)]

    def _steps(self, request: Request, constraint: Constraint) -> Iterable[list[Row]]:
        return decode(
            self._model,
            request.prompts,
            constraint,
            request.sampling(),
            budget=request.budget,
            close=self._closing(constraint) if isinstance(constraint, SyntaxConstraint) else None,
        )

    def _closing(self, constraint: SyntaxConstraint) -> Close:
        """Return what ends a program when its tokens run out within its first statement."""

        def close(number: int, ids: list[int], left: int) -> list[int] | None:
            if left > tokens_to_close(decode_answer(self._model.tokenizer, ids)):
                return None
            return end_program(constraint, number, constraint.llg_tokenizer, ids, left)

        return close

    def _program(self, request: Request, number: int, row: Row, constraint: Constraint) -> AsyCode:
        return AsyCode(
            self._text(row.ids[: row.cut] if constraint.cuts else row.ids, constraint),
            prompt=request.sentences[number],
            level=request.level,
            complete=row.stop_reason == "end",
            stop_reason=row.stop_reason,
            token_count=row.count,
            seconds=row.seconds,
            model=self._model.name,
        )

    def _text(self, ids: list[int], constraint: Constraint) -> str:
        text = decode_answer(self._model.tokenizer, ids)
        return text.removeprefix(" ") if constraint.cuts else text

    def _constraint(self, level: str) -> Constraint:
        """Return a constraint of the level's own, for one run; what it is made of is built once.

        Each run has a copy: a stream may stand still while another program is written.
        """
        if level not in self._constraints:
            self._constraints[level] = LEVELS[level](self._model, self._grammar)
        return copy(self._constraints[level])


def generate_asy(
    prompt: str,
    constrained: bool | str = True,
    *,
    model: str | os.PathLike[str] | None = None,
    adapter: str | os.PathLike[str] | None = None,
    mode: str = "auto",
    max_new_tokens: int = 512,
    temperature: float = 0.0,
    seed: int | None = None,
    modules: Sequence[str] | None = None,
    examples: int = 0,
) -> AsyCode:
    """Write the Asymptote program that draws what a sentence asks for.

    The models used last stay loaded, so a second call is quick; `AsyGenerator` gives control
    over that, and decodes several sentences at a time.

    Args:
        prompt: The sentence.
        constrained: ``False`` is free decoding, ``True`` the strongest level there is; otherwise
            a level's name.
        model: A folder or a Hugging Face name; ``None`` is the bundled model.
        adapter: A PEFT adapter for it, a folder or a Hugging Face name.
        mode: ``"program"``, or ``"auto"``, which is the same until there is another.
        max_new_tokens: The most tokens the program may take.
        temperature: 0 takes the likeliest token; above, tokens are drawn.
        seed: The same seed gives the same program.
        modules: The modules programs may import; ``None`` is all that are shipped.
        examples: How many worked examples to show the model first.

    Raises:
        ValueError: The sentence is empty or too long, there is no such model, adapter, level or
            module, or an argument is out of range. One line says what to do.
        ImportError: The adapter needs a package that is not installed.
    """
    if not isinstance(prompt, str):
        raise ValueError("generate_asy takes one sentence; AsyGenerator.generate takes a list")
    resolve_level(constrained)  # a wrong name should not wait for the model to load
    generator = _loaded(
        None if model is None else os.fspath(model),
        None if adapter is None else os.fspath(adapter),
        None if modules is None else tuple(modules),
    )
    return generator.generate(
        prompt,
        constrained,
        mode=mode,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        seed=seed,
        examples=examples,
    )


@lru_cache(maxsize=2)
def _loaded(
    model: str | None, adapter: str | None, modules: tuple[str, ...] | None
) -> AsyGenerator:
    return AsyGenerator(model, adapter, modules=modules)
