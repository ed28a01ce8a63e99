"""Descriptions of figures, written from what is read of their programs.

A description says all that a person would need to draw the figure again: things, texts and the
values of names. It is no prose; ``asygrammar.train.asked_descriptions`` asks a model for that.
"""

from __future__ import annotations

from collections import Counter

from asygrammar.train.contents import Contents, Thing
from asygrammar.train.shapes import listed

# With more things or texts than this, they are counted, not told one by one.
_TOLD = 8
# With more values than this, or longer ones, the names speak for themselves.
_VALUES, _LONG_VALUE = 12, 24


def describe(contents: Contents) -> str:
    """Write a description of a figure: whole sentences, the same every time.

    Args:
        contents: What is read of its program.
    """
    sentences = [f"Draw {_things(contents)}."]
    values = [value for value in contents.values if len(value) <= _LONG_VALUE]
    if values and len(values) <= _VALUES:
        sentences.append(f"Use {_listed_long(values)}.")
    if contents.things:
        sentences += _texts(contents)
    if contents.size:
        sentences.append(f"The size is {contents.size}.")
    return " ".join(sentences)


def _things(contents: Contents) -> str:
    if not contents.things:
        texts = [_placed(*text) for text in contents.texts[:_TOLD]]
        return f"the text {_listed_long(texts)}" if texts else "a figure"
    if len(contents.things) <= _TOLD:
        return _listed_long([thing.words for thing in contents.things])
    return listed(_counted(contents.things))


def _counted(things: tuple[Thing, ...]) -> list[str]:
    kinds = Counter(thing.kind for thing in things)
    return [_many(kind, count) for kind, count in kinds.items()]


def _many(kind: str, count: int) -> str:
    if count == 1:
        return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"
    return f"{count} {'axes' if kind == 'axis' else kind + 's'}"


def _listed_long(parts: list[str]) -> str:
    """Return parts as a list in a sentence; parts with commas are told apart by semicolons."""
    if len(parts) > 1 and any(", " in part for part in parts):
        return "; ".join([*parts[:-1], f"and {parts[-1]}"])
    return listed(parts)


def _texts(contents: Contents) -> list[str]:
    """Tell of the labels: those that name their point in one sentence, the others each."""
    named = [text for text, place in contents.texts if text == place]
    others = [(text, place) for text, place in contents.texts if text != place]
    told = [f"Label {listed(named)}."] if named else []
    if others and len(others) <= _TOLD:
        told.append(f"Write {_listed_long([_placed(*other) for other in others])}.")
    elif others:
        some = ", ".join(f'"{text}"' for text, _ in others[:3])
        told.append(f"Write {len(others)} texts, such as {some}.")
    return told


def _placed(text: str, place: str) -> str:
    return f'"{text}" at {place}'
