"""What holds between the labelled points of a figure, and how much of it holds in another one.

Of a figure's right angles, midpoints, circles, tangents, parallels, equal lengths and so on, those
between lines that are drawn are taken, and of these none that the ones before it imply. What a
label says of a side or an angle is taken, too, and where that is a number, the length and the
angle. None of it depends on where the figure lies, how large it is, and how its program is written;
only where there are axes, the points have to have their coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from asygrammar.compiler import RenderError
from asygrammar.compiler.drawing import Point
from asygrammar.eval.drawn_lines import drawn_lines, has_axes, labelled_points, said_of
from asygrammar.eval.executed import Executed, execute
from asygrammar.eval.geometric_checks import Check, parse_check
from asygrammar.eval.relation_kinds import Relation, holding, scene

# The most relations of a figure.
_MOST = 30
# What is left of a relation's gradient, a unit vector, where it says something new.
_NEW = 0.05
_STEP = 1e-6


def share_held(reference: str | Executed, program: str | Executed) -> float | None:
    """Return the share of a reference's relations that hold in what a program draws.

    Args:
        reference: A program, or one that was executed already.
        program: Likewise.

    Returns:
        From 0 to 1, and 0 where the program has faults; ``None`` where the reference has faults,
        or no relations.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    wanted = _relations_of(reference) if isinstance(reference, str) else relations(reference)
    if not wanted:
        return None
    try:
        figure = execute(program) if isinstance(program, str) else program
    except RenderError:
        return 0.0
    # A name that only the program has is none in the figure.
    figure = replace(figure, names={})
    return sum(check.holds(figure) for check in wanted) / len(wanted)


def relations(executed: Executed) -> tuple[Check, ...]:
    """Return what holds between the labelled points of a figure, each a check that it passes.

    At most some 30, those that tell most first; none where no point has a label.
    """
    points = labelled_points(executed)
    lines = drawn_lines(executed, points)
    said = said_of(executed, lines)
    it = scene(points, executed.circles, lines, said)
    found = islice(_independent(holding(it), it.values), _MOST)
    texts = [relation.text for relation in found]
    texts += [f'labelled_by({", ".join(one.of)}, "{one.text}")' for one in said]
    if has_axes(executed, lines):
        texts += [f'labelled_by({_place(point)}, "{name}")' for name, point in points.items()]
    checks = map(parse_check, dict.fromkeys(texts))
    return tuple(check for check in checks if check.holds(executed))[:_MOST]


@lru_cache(maxsize=2048)
def _relations_of(program: str) -> tuple[Check, ...]:
    try:
        return relations(execute(program))
    except RenderError:
        return ()


def _place(point: Point) -> str:
    """Return a point as text, without what comes of rounding: a page has 6 digits."""
    x, y = (round(number, 5) + 0.0 for number in point)
    return f"({x:.6g},{y:.6g})"


def _independent(found: Iterable[Relation], values: Mapping[str, complex]) -> Iterator[Relation]:
    """Yield the relations that do not follow from those before them.

    Each relation is an equation, and takes one freedom from the points: the direction of its
    gradient. One whose gradients lie in the span of the earlier ones says, to first order, nothing
    new; the fourth right angle of a rectangle, for one.
    """
    size = max((abs(value) for value in values.values()), default=1.0) or 1.0
    place = {name: 2 * number for number, name in enumerate(values)}
    taken = np.zeros((0, 2 * len(values)))
    for relation in found:
        new = False
        for gradient in _gradients(relation, values, place, _STEP * size):
            for _ in range(2):  # once more, for rounding
                gradient = gradient - taken.T @ (taken @ gradient)
            left = float(np.linalg.norm(gradient))
            if left > _NEW:
                taken = np.vstack([taken, gradient / left])
                new = True
        if new:
            yield relation


def _gradients(
    relation: Relation, values: Mapping[str, complex], place: Mapping[str, int], step: float
) -> Iterator[NDArray[np.float64]]:
    """Yield the unit gradient of each equation of a relation, shape ``(2 * variables,)``."""
    at = [values[name] for name in relation.about]
    rows = np.zeros((len(relation.equation(*at)), 2 * len(values)))
    for number, name in enumerate(relation.about):
        for part, change in enumerate((step, step * 1j)):
            moved = [[*at], [*at]]
            moved[0][number] += change
            moved[1][number] -= change
            up, down = (np.array(relation.equation(*where)) for where in moved)
            rows[:, place[name] + part] += (up - down) / (2 * step)
    for row in rows:
        length = float(np.linalg.norm(row))
        if length > 0:
            yield row / length
