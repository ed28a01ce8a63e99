"""What a model is told: one prompt, shared by training and decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SYSTEM = (
    "You draw K-12 mathematics diagrams in the Asymptote language. "
    "Answer with one complete Asymptote program and nothing else: "
    "no explanation, no code fence. Put one statement on a line."
)


@dataclass(frozen=True)
class Example:
    """A sentence and the program that draws it, shown to a model before the user's own sentence."""

    sentence: str
    program: str


# Programs are in the canonical layout (`format_asy`), as everything a model reads or writes is.
EXAMPLES = (
    Example(
        "Draw a circle with center O and radius 2.",
        "size(5cm);\n"
        "pair O = (0,0);\n"
        "draw(circle(O, 2));\n"
        'dot("$O$", O, SW);\n'
        "draw(O--(2,0));\n"
        'label("$2$", (1,0), N);\n',
    ),
    Example(
        "Draw a triangle ABC with a right angle at A.",
        "size(5cm);\n"
        "pair A = (0,0);\n"
        "pair B = (4,0);\n"
        "pair C = (0,3);\n"
        "draw(A--B--C--cycle);\n"
        "draw((0.3,0)--(0.3,0.3)--(0,0.3));\n"
        'label("$A$", A, SW);\n'
        'label("$B$", B, SE);\n'
        'label("$C$", C, NW);\n',
    ),
    Example(
        "Draw a number line from 0 to 5 and mark the number 3.",
        "unitsize(1cm);\n"
        "draw((-0.5,0)--(5.5,0), Arrows);\n"
        "for (int i = 0; i <= 5; ++i) {\n"
        "  draw((i,-0.1)--(i,0.1));\n"
        '  label("$"+string(i)+"$", (i,-0.1), S);\n'
        "}\n"
        "dot((3,0), red);\n",
    ),
)


def add_hints(sentence: str, objects: int | None = None, style: Sequence[str] = ()) -> str:
    """Add to a sentence what else is known of the figure, on a line of its own.

    Args:
        sentence: What the user asks for.
        objects: How many things the figure shows.
        style: Words for how it is drawn: ``("dashed", "shaded")``.

    Raises:
        ValueError: There are fewer than 1 things.
    """
    if objects is not None and objects < 1:
        raise ValueError(f"objects must be 1 or more, not {objects}")
    words = [style] if isinstance(style, str) else list(style)
    hints = [f"Objects: {objects}."] * (objects is not None)
    hints += [f"Style: {', '.join(words)}."] * bool(words)
    return "\n".join([sentence, " ".join(hints)]) if hints and sentence.strip() else sentence


def build_messages(
    sentence: str, *, examples: int = 0, system: str | None = SYSTEM
) -> list[dict[str, str]]:
    """Build the chat that asks a model for a figure.

    Args:
        sentence: What the user asks for.
        examples: How many of ``EXAMPLES`` to show first.
        system: The system message; ``None`` leaves it out (a model trained without one).

    Returns:
        Messages with ``role`` and ``content``, the last one the user's.

    Raises:
        ValueError: The sentence is empty, or more examples are asked for than there are.
    """
    if not sentence.strip():
        raise ValueError("the sentence is empty: say what to draw")
    if not 0 <= examples <= len(EXAMPLES):
        raise ValueError(f"examples must be from 0 to {len(EXAMPLES)}, not {examples}")
    messages = [] if system is None else [{"role": "system", "content": system}]
    for example in EXAMPLES[:examples]:
        messages.append({"role": "user", "content": example.sentence})
        messages.append({"role": "assistant", "content": example.program})
    messages.append({"role": "user", "content": sentence.strip()})
    return messages
