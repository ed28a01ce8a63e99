"""`AsyGenerator` and `generate_asy`: a sentence in, a program out."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from typing import Unpack, overload

from asygrammar.compiler import SessionPool
from asygrammar.decoding.answer_rows import AnswerMatchers
from asygrammar.decoding.beginning import spell_beginning
from asygrammar.decoding.chat import decode_answer, whole_characters
from asygrammar.decoding.code import AsyCode
from asygrammar.decoding.constraint import Constraint
from asygrammar.decoding.engine import Row, decode, to_the_end
from asygrammar.decoding.filling import CONFIDENT, Filled, fill_templates
from asygrammar.decoding.judging import Judge
from asygrammar.decoding.levels import LEVELS, resolve_level
from asygrammar.decoding.models import load_model
from asygrammar.decoding.request import Options, Request, make_request
from asygrammar.decoding.syntax import SyntaxBackend
from asygrammar.grammar import load_grammar

# Prompts decoded side by side: memory for the cache grows with it, and at the level `compiled`
# each has a compiler of its own.
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
        self._constraints: dict[Callable[..., Constraint], Constraint] = {}
        self._answers: AnswerMatchers | None = None
        self._pool: SessionPool | None = None

    @property
    def model(self) -> str:
        """The model's name, and the adapter's."""
        return self._model.name

    @property
    def parameters(self) -> int:
        """How many parameters the model has; tied ones count once."""
        return sum(parameter.numel() for parameter in self._model.network.parameters())

    @property
    def vocabulary(self) -> int:
        """How many entries its tokenizer has."""
        return len(self._model.tokenizer)

    @overload
    def generate(  # type: ignore[overload-overlap]  # a str is an iterable of str, too
        self,
        prompts: str,
        constrained: bool | str = ...,
        *,
        batch_size: int = ...,
        **options: Unpack[Options],
    ) -> AsyCode: ...

    @overload
    def generate(
        self,
        prompts: Iterable[str],
        constrained: bool | str = ...,
        *,
        batch_size: int = ...,
        **options: Unpack[Options],
    ) -> list[AsyCode]: ...

    def generate(
        self,
        prompts: str | Iterable[str],
        constrained: bool | str = True,
        *,
        batch_size: int = BATCH_SIZE,
        **options: Unpack[Options],
    ) -> AsyCode | list[AsyCode]:
        """Write the programs that draw what is asked for.

        Args:
            prompts: A sentence, or several of them.
            constrained: ``False`` is free decoding, ``True`` the strongest level that this
                machine supports; otherwise a level's name.
            batch_size: How many sentences are decoded side by side.
            **options: How to decode: see `asygrammar.decoding.request.Options`.

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
        request = make_request(self._model, sentences, constrained, options)
        programs: list[AsyCode] = []
        for start in range(0, len(sentences), batch_size):
            part = request.part(range(start, min(start + batch_size, len(sentences))))
            programs += self._decode_batch(part)
        return programs[0] if single else programs

    def sample(
        self,
        prompt: str,
        n: int,
        constrained: bool | str = True,
        *,
        batch_size: int = BATCH_SIZE,
        **options: Unpack[Options],
    ) -> list[AsyCode]:
        """Write several programs for one sentence; the ``i``-th (0-based) with ``seed + i``.

        Args:
            prompt: A sentence.
            n: How many programs.
            constrained: See `generate`, and so are the others; the temperature is 1 by default.
            batch_size: See `generate`.
            **options: See `generate`.

        Raises:
            ValueError: As for `generate`; or the temperature is 0, which gives one program only.
        """
        if n < 1:
            raise ValueError(f"n must be 1 or more, not {n}")
        if not options.setdefault("temperature", 1.0):
            raise ValueError("at temperature 0 all samples are the same: give a temperature above")
        return self.generate([prompt] * n, constrained, batch_size=batch_size, **options)

    def stream(
        self, prompt: str, constrained: bool | str = True, **options: Unpack[Options]
    ) -> Generator[str, None, AsyCode]:
        """Write one program and hand it out piece by piece.

        At a constrained level a piece is whole statements: what is shown is never taken back.

        Args:
            prompt: A sentence.
            constrained: As for `generate`, and so are the other arguments.
            **options: See `generate`.

        Yields:
            Pieces of text; put together they are the program.

        Returns:
            The program (the value of ``yield from``).

        Raises:
            ValueError: As for `generate`, when the stream is made.
        """
        return self._stream(make_request(self._model, [prompt], constrained, options))

    def close(self) -> None:
        """End the compilers that are kept ready; a later call starts them again."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _stream(self, request: Request) -> Generator[str, None, AsyCode]:
        if filled := self._fill(request)[0]:
            yield str(filled)
            return filled
        constraint, tokenizer = self._constraint(request.level), self._model.tokenizer
        shown, settled = "", 0
        rows: list[Row] = []
        for rows in self._steps(request, constraint, settles=True):
            writing = rows[0].writing
            ids = writing.ids
            ids = ids[: writing.cut] if constraint.cuts else whole_characters(tokenizer, ids)
            if len(ids) > settled and not writing.stop_reason:
                text, settled = self._text(ids, constraint), len(ids)
                if not text.endswith("\ufffd"):  # half a character, for byte-level tokenizers
                    yield text[len(shown) :]
                    shown = text
        program = self._program(request, 0, rows[0], constraint)
        if len(program) > len(shown):
            yield program[len(shown) :]
        return program

    def _decode_batch(self, request: Request) -> list[AsyCode]:
        filled = self._fill(request)
        left = [number for number, code in enumerate(filled) if code is None]
        written = iter(self._write(request.part(left)) if left else ())
        return [next(written) if code is None else code for code in filled]

    def _fill(self, request: Request) -> list[AsyCode | None]:
        """Fill templates where that is asked for; ``None`` where a program is to be written."""
        if request.mode == "program":
            return [None] * len(request.sentences)
        if self._answers is None:
            tokenizer = SyntaxBackend(self._model).llg_tokenizer
            self._answers = AnswerMatchers(tokenizer, self._model.leading_space)
        filled = fill_templates(
            self._model,
            request.fill_prompts,
            request.sentences,
            self._answers,
            request.sampling(),
            judge=self._judge if LEVELS[request.level].judged else None,
        )
        sure = 0.0 if request.mode == "template" else CONFIDENT
        return [
            self._filled(request, number, it) if it and it.confidence >= sure else None
            for number, it in enumerate(filled)
        ]

    def _filled(self, request: Request, number: int, it: Filled) -> AsyCode:
        report = it.row.report()
        return AsyCode(
            it.fill.program,
            prompt=request.sentences[number],
            level=request.level,
            token_count=report.tokens,
            seconds=it.row.seconds,
            model=self._model.name,
            report=report,
            mode="template",
            template=it.fill.family,
            values=it.fill.values,
            confidence=it.confidence,
        )

    def _write(self, request: Request) -> list[AsyCode]:
        constraint = self._constraint(request.level)
        rows = to_the_end(self._steps(request, constraint))
        return [self._program(request, number, row, constraint) for number, row in enumerate(rows)]

    def _steps(
        self, request: Request, constraint: Constraint, settles: bool = False
    ) -> Iterator[list[Row]]:
        return decode(
            self._model,
            request.prompts,
            constraint,
            request.sampling(),
            budget=request.budget,
            judge=self._judge if LEVELS[request.level].judged else None,
            beginning=spell_beginning(request.prefix, constraint, self._model.tokenizer),
            settles=settles,
        )

    def _judge(self) -> Judge:
        """Return a judge for one program; the compilers are shared, and started once."""
        if self._pool is None:
            self._pool = SessionPool(modules=self._grammar.modules)
            weakref.finalize(self, self._pool.close)
        return Judge(self._pool)

    def _program(self, request: Request, number: int, row: Row, constraint: Constraint) -> AsyCode:
        writing, report = row.writing, row.report()
        unjudged = writing.judge is not None and writing.judge.missing
        return AsyCode(
            self._text(writing.ids[: writing.cut], constraint),
            prompt=request.sentences[number],
            level="typed" if unjudged else request.level,
            complete=writing.stop_reason == "end",
            stop_reason=writing.stop_reason,
            token_count=report.tokens,
            seconds=row.seconds,
            model=self._model.name,
            report=report,
        )

    def _text(self, ids: list[int], constraint: Constraint) -> str:
        text = decode_answer(self._model.tokenizer, ids)
        return text.removeprefix(" ") if constraint.cuts else text

    def _constraint(self, level: str) -> Constraint:
        """Return a constraint of the level's own, for one run; what it is made of is built once.

        Each run has a copy: a stream may stand still while another program is written.
        """
        # A judge is no part of it: levels that differ in that alone share what is built.
        build = LEVELS[level].build
        if build not in self._constraints:
            self._constraints[build] = build(self._model, self._grammar)
        return copy(self._constraints[build])


def generate_asy(
    prompt: str,
    constrained: bool | str = True,
    *,
    model: str | os.PathLike[str] | None = None,
    adapter: str | os.PathLike[str] | None = None,
    modules: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> AsyCode:
    """Write the Asymptote program that draws what a sentence asks for.

    The models used last stay loaded, so a second call is quick; `AsyGenerator` gives control
    over that, and decodes several sentences at a time.

    Args:
        prompt: The sentence.
        constrained: ``False`` is free decoding, ``True`` the strongest level that this machine
            supports (``"compiled"`` where ``asy`` is there, else ``"typed"``); otherwise a level's
            name.
        model: A folder or a Hugging Face name; ``None`` is the bundled model.
        adapter: A PEFT adapter for it, a folder or a Hugging Face name.
        modules: The modules programs may import; ``None`` is all that are shipped.
        **options: ``mode="auto"``, ``max_new_tokens=512``, ``temperature=0.0``, ``top_p=1.0``,
            ``seed=None``, ``examples=0``, ``prefix=""``, ``objects=None``, ``style=()``: see
            `asygrammar.decoding.request.Options`.

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
    return generator.generate(prompt, constrained, **options)


@lru_cache(maxsize=2)
def _loaded(
    model: str | None, adapter: str | None, modules: tuple[str, ...] | None
) -> AsyGenerator:
    return AsyGenerator(model, adapter, modules=modules)
