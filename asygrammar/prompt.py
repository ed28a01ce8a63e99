"""What a model is told: one prompt, shared by training and decoding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SYSTEM = (
    "You draw K-12 mathematics diagrams in the Asymptote language. "
    "Answer with one complete Asymptote program and nothing else: "
    "no explanation, no code fence. Put one statement on a line."
)


@dataclass(frozen=True)
class Task:
    """Something a model can be asked for.

    Attributes:
        system: The system message.
        opening: What the user's message begins with where the model takes no system message, so
            that tasks are still told apart.
    """

    system: str
    opening: str


#: What a model can be asked for, by name. The user's message is a sentence for ``generate`` and
#: ``fill``, a program with a fault for ``repair`` and ``hint``.
TASKS: Mapping[str, Task] = {
    "generate": Task(SYSTEM, ""),
    "fill": Task(
        "You draw K-12 mathematics diagrams from figure templates. "
        "Choose one of the figure templates and fill in its blanks: "
        "answer with its name and the values, and nothing else.",
        "Fill: ",
    ),
    "repair": Task(
        "You mend programs in the Asymptote language that draw K-12 mathematics diagrams. "
        "The program has a fault. Answer with the complete program without it and nothing else: "
        "no explanation, no code fence. Put one statement on a line.",
        "Repair:\n",
    ),
    "hint": Task(
        "You help students who write programs in the Asymptote language. "
        "The program has a fault. Answer with one sentence that says where it is and what to do, "
        "and nothing else.",
        "Hint:\n",
    ),
}


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
    sentence: str,
    *,
    task: str = "generate",
    examples: int = 0,
    system: str | None = SYSTEM,
) -> list[dict[str, str]]:
    """Build the chat that asks a model for something, by default for a figure.

    Args:
        sentence: What the user says: what to draw, or a program with a fault.
        task: One of ``TASKS``.
        examples: How many of ``EXAMPLES`` to show first; they are of the task ``generate``.
        system: The system message that the model expects. ``SYSTEM`` stands for the task's own;
            any other text is left as it is; ``None`` leaves it out (a model trained without one).
            Without the task's own, the user's message begins with the task's ``opening``.

    Returns:
        Messages with ``role`` and ``content``, the last one the user's.

    Raises:
        ValueError: The sentence is empty, there is no such task, or more examples are asked for
            than there are.
    """
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, not {task!r}")
    if not sentence.strip():
        raise ValueError("the sentence is empty: say what to draw")
    shown = EXAMPLES if task == "generate" else ()
    if not 0 <= examples <= len(shown):
        raise ValueError(f"examples must be from 0 to {len(shown)}, not {examples}")
    opening = "" if system == SYSTEM else TASKS[task].opening
    if system == SYSTEM:
        system = TASKS[task].system
    messages = [] if system is None else [{"role": "system", "content": system}]
    for example in shown[:examples]:
        messages.append({"role": "user", "content": example.sentence})
        messages.append({"role": "assistant", "content": example.program})
    messages.append({"role": "user", "content": opening + sentence.strip()})
    return messages


def fingerprint() -> str:
    """Return what tells this prompt from another one: a SHA-256 of the chats of all tasks.

    A data set carries it (``prompt.json``), and training refuses one that was made for another.
    """
    chats = [
        build_messages("x", task=task, system=system) for task in TASKS for system in (SYSTEM, None)
    ]
    text = json.dumps([chats, build_messages("x", examples=len(EXAMPLES))], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
