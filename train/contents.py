"""What a program shows, read from its syntax tree: things, texts, values, and how they look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asygrammar.grammar import load_grammar
from asygrammar.slots import COLORS
from asygrammar.syntax import Node, Word
from asygrammar.train.shapes import PATH, Reader, Shape, arguments, called, listed

_DRAWN = frozenset(("draw", "filldraw", "fill", "D"))
_FILLED = frozenset(("fill", "filldraw"))
_ARROWS = frozenset(
    ("Arrow", "Arrows", "ArcArrow", "ArcArrows", "EndArrow", "BeginArrow", "MidArrow")
)
_LINES = ("dashed", "dotted", "longdashed", "dashdotted")
# What draws by itself, as a thing of its own.
_AXES = {
    "xaxis": Shape("axis", "the x-axis"),
    "yaxis": Shape("axis", "the y-axis"),
    "axes": Shape("axis", "the axes"),
    "xequals": Shape("line", "a vertical line"),
    "yequals": Shape("line", "a horizontal line"),
    "trig_axes": Shape("axis", "the axes"),
    "rr_cartesian_axes": Shape("axis", "the axes"),
}
_COLORS = (*COLORS, "grey", "black", "yellow", "lightgray", "lightblue")
_TEXTS = frozenset(("label", "MP", "MarkPoint"))


@dataclass(frozen=True)
class Thing:
    """Something that a program draws.

    Attributes:
        kind: What it is, in the singular.
        words: The same in full, with how it looks.
        style: How it looks, in single words.
    """

    kind: str
    words: str
    style: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a program shows.

    Attributes:
        things: What it draws, in its order; what a loop draws counts once.
        texts: What it writes, and where.
        values: What its variables are, as ``A = (0,0)``.
        size: The size it asks for; may be empty.
    """

    things: tuple[Thing, ...]
    texts: tuple[tuple[str, str], ...]
    values: tuple[str, ...]
    size: str

    @property
    def objects(self) -> int:
        """How many things there are, texts only where there is nothing else."""
        return len(self.things) or len(self.texts)

    @property
    def style(self) -> list[str]:
        """How they look, the most frequent first."""
        found = Counter(word for thing in self.things for word in thing.style)
        return [*(word for word, _ in found.most_common()), *(["labels"] * bool(self.texts))]


def read_contents(program: str) -> Contents:
    """Read what a program shows.

    Args:
        program: A program in the canonical layout.

    Raises:
        AsySyntaxError: It does not parse.
    """
    return _Reading(program).contents()


class _Reading:
    def __init__(self, program: str) -> None:
        self._lines = program.split("\n")
        self._tree = load_grammar().parse(program)
        self._reader = Reader(self._text, self._declared())
        self._things: list[Thing] = []
        self._texts: list[tuple[str, str]] = []
        self._size = ""

    def contents(self) -> Contents:
        for statement in self._tree.children:
            if isinstance(statement, Node):
                self._read(statement, "")
        values = tuple(
            f"{name} = {self._text(value)}"
            for name, value in self._reader.values.items()
            if value.kind in ("tuple", "literal", "prefix", "binary", "group")
            and not _has_path(value)
        )
        return Contents(tuple(self._things), tuple(self._texts), values, self._size)

    def _text(self, node: Node | Word) -> str:
        span = node.span
        lines = self._lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return " ".join(line.strip() for line in lines)

    def _declared(self) -> Mapping[str, Node]:
        """Return what variables are declared to be, of those that have one value for ever."""
        found: dict[str, Node] = {}
        times: Counter[str] = Counter()
        for node in self._tree.walk():
            if node.kind == "declarator":
                name = next(node.words()).text
                times[name] += 1
                last = node.children[-1]
                if isinstance(last, Node) and last.kind not in ("dimensions", "parameters"):
                    found[name] = last
            elif node.kind in ("assignment", "increment"):
                times[next(w.text for w in node.words() if w.kind == "NAME")] += 1
        top = {next(node.words()).text for node in self._top() if node.kind == "declarator"}
        return {n: value for n, value in found.items() if times[n] == 1 and n in top}

    def _top(self) -> Iterator[Node]:
        """Yield the nodes of declarations that stand in no block."""
        for statement in self._tree.children:
            inner = statement.children[0] if isinstance(statement, Node) else statement
            if isinstance(inner, Node) and inner.kind == "declaration":
                yield from inner.walk()

    def _read(self, node: Node, often: str) -> None:
        """Read a statement, or what is inside of one.

        Args:
            node: The statement.
            often: How often it runs, as ``for each i from 0 to 5``; empty: once.
        """
        if node.kind == "function" or node.kind == "struct":
            return
        if node.kind == "loop":
            often = self._often(node) or often or "several times"
        if node.kind == "call" and self._called(node, often):
            return
        for child in node.children:
            if isinstance(child, Node):
                self._read(child, often)

    def _called(self, call: Node, often: str) -> bool:
        """Read a call; tell whether it is one that draws or says something of the picture."""
        name, given = called(call), arguments(call)
        if name in ("size", "unitsize"):
            # A side of 0 is as long as the other one makes it.
            self._size = " by ".join(side for side in map(self._text, given) if side != "0")
        elif name in _TEXTS and given and _is_text(given[0]):
            self._note_text(given, often)
        elif name == "dot" and given:
            self._note_dot(given, call, often)
        elif name in _AXES:
            self._note(_AXES[name], call, often)
        elif name in _DRAWN and given:
            self._note_drawn(name, given, call, often)
        else:
            return False
        return True

    def _note_text(self, given: list[Node], often: str) -> None:
        place = self._text(given[1]) if len(given) > 1 else "(0,0)"
        self._texts.append((_plain(self._text(given[0])), f"{place} {often}".strip()))

    def _note_dot(self, given: list[Node], call: Node, often: str) -> None:
        at = given
        if self._text(given[0]).startswith(('"', "Label(", "'")) and len(given) > 1:
            self._note_text(given[:2], often)
            at = given[1:]
        self._note(Shape("point", f"a point at {self._text(at[0])}"), call, often)

    def _note_drawn(self, name: str, given: list[Node], call: Node, often: str) -> None:
        texts = [one for one in given if one.kind == "literal" and _is_text(one)]
        shapes = [self._reader.shape(one) for one in given[: 1 + len(texts)] if one not in texts]
        shape = shapes[0] if shapes else PATH
        for text in texts:
            self._texts.append((_plain(self._text(text)), f"{shape.words} {often}".strip()))
        self._note(shape, call, often, filled=name in _FILLED)

    def _note(self, shape: Shape, call: Node, often: str, *, filled: bool = False) -> None:
        words = {word.text for word in call.words() if word.kind == "NAME"}
        shown = [word for word in _COLORS if word in words]
        style = [*shown, *(line for line in _LINES if line in words)]
        if words & _ARROWS:
            style.append("arrow")
        look = [f"filled {listed(shown)}" if shown else "filled"] if filled else []
        look += [f"in {listed(shown)}"] if shown and not filled else []
        look += [line for line in _LINES if line in words]
        look += ["with an arrow"] if words & _ARROWS else []
        text = ", ".join([shape.words, *look])
        text = f"{often}, {text}" if often else text
        self._things.append(Thing(shape.kind, text, (*style, *(["shaded"] * filled))))

    def _often(self, loop: Node) -> str:
        """Return how often a loop runs, in words, where its head tells."""
        parts = [child for child in loop.children if isinstance(child, Node)]
        if len(parts) < 3 or parts[0].kind != "declaration" or parts[1].kind != "binary":
            return ""
        words = list(parts[0].words())
        name, start = words[1].text, self._text(parts[0]).partition("= ")[2]
        bound, end = self._text(parts[1].children[1]), self._text(parts[1].children[-1])
        until = {"<": f"below {end}", "<=": f"to {end}"}.get(bound)
        return f"for each {name} from {start} {until}" if until and start else ""


def _is_text(node: Node) -> bool:
    return any(word.kind == "STRING" for word in node.words())


def _has_path(node: Node) -> bool:
    return any(one.kind in ("join", "call", "directed") for one in node.walk()) or _is_text(node)


def _plain(text: str) -> str:
    """Return a label as a reader sees it: without quotes, and dollars around a mere word."""
    inner = text.strip("\"'")
    bare = inner.removeprefix("$").removesuffix("$")
    return bare if bare.replace(".", "").replace("-", "").isalnum() else inner
