"""The tables of a report, the same for the page, for Markdown and for CSV.

Knows nothing of pictures, nor of how a table looks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from asygrammar.eval.paired import Comparison, Difference
from asygrammar.eval.samples import COSTS
from asygrammar.eval.summary import ArmSummary, measure_words
from asygrammar.gallery import markdown_cell

# What a measure is, for those who read the report and not the code.
_MEANINGS: Mapping[str, str] = {
    "compile_rate": "Asymptote draws a picture of the program",
    "nonblank_rate": "there is something to see on the picture",
    "same_rate": "the picture has the lines, areas and labels of the reference, at the same places",
    "relations": "of what holds between the labelled points of the reference (right angles, equal"
    " lengths, parallels, ...), the share that holds in the figure, however it is drawn",
    "checks_rate": "the share passed of the geometric checks that the problem names",
    "ssim": "how alike the pictures are to the eye (structural similarity; 1 is equal), of those"
    " that were drawn",
    "hash_distance": "bits of 64 in which the perceptual hashes of the pictures differ; 0 is equal",
    "parse_rate": "the program has no syntax error",
    "statements_run": "the share of its statements that Asymptote runs, one after the other",
    "truncation_rate": "the program was cut before its end",
    "contamination_rate": "it has something in it that is no program: the sentence, prose or a code"
    " fence",
    "exact_match": "the program is the reference, letter by letter, once both are laid out alike",
    "similarity": "how alike program and reference are as texts; 100 % is equal",
    "edit_distance": "the words and signs to change, add or leave out to make it the reference",
}
_FIGURE = ("compile_rate", "nonblank_rate", "same_rate", "relations", "checks_rate", "ssim")
_TEXT = (
    *("parse_rate", "statements_run", "truncation_rate", "contamination_rate"),
    *("exact_match", "similarity", "edit_distance", "hash_distance"),
)
_CUT = ("compile_rate", "parse_rate", "statements_run", "same_rate", "similarity", "ssim")
# Those that are no share, with the digits they are told with.
_DIGITS: Mapping[str, int] = {"ssim": 3, "edit_distance": 1, "hash_distance": 1}


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table.

    Attributes:
        value: The number for people; empty where there is none.
        notes: What stands below it in small letters: its interval, for one.
    """

    value: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Attributes:
        title: Its heading.
        first: The heading of the first column, which names the rows.
        columns: The headings of the others.
        rows: Each row's name and cells.
        about: Sentences below the table.
        meanings: Of columns: their heading and what it means.
    """

    title: str
    first: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    about: str = ""
    meanings: tuple[tuple[str, str], ...] = ()

    def to_markdown(self) -> str:
        """Return the table as Markdown, with its heading and what its columns mean."""
        lines = [
            f"## {self.title}\n",
            _line([self.first, *self.columns]),
            _line(["---"] * (1 + len(self.columns))),
        ]
        for name, cells in self.rows:
            told = (" ".join([f"**{cell.value}**", *cell.notes]) for cell in cells)
            lines.append(_line([markdown_cell(name), *told]))
        meanings = [f"- *{column}*: {meaning}." for column, meaning in self.meanings]
        rest = ["\n" + text for text in (self.about, "\n".join(meanings)) if text]
        return "\n".join([*lines, *rest]) + "\n"


def arm_name(arm: str) -> str:
    """Return what people call an arm."""
    return arm or "all samples"


def told_share(share: float) -> str:
    """Return a share for people, in percent."""
    return f"{100 * share:.1f} %"


def told_interval(interval: tuple[float, float], digits: int | None = None) -> str:
    """Return an interval for people: of a share in percent, of other numbers with digits."""
    if digits is None:
        return "{:.1f} to {:.1f}".format(*(100 * end for end in interval))
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"


def report_tables(
    summaries: Sequence[ArmSummary],
    compared: Sequence[Comparison] = (),
    taxed: Sequence[Comparison] = (),
    cut: Sequence[ArmSummary] = (),
) -> list[Table]:
    """Return the tables of a report; those with nothing in them are left out.

    Args:
        summaries: The arms.
        compared: Arms beside others on the same problems.
        taxed: What constraints cost where none was needed.
        cut: All samples as they were written, and once what is no program is cut away.
    """
    at_ks = {name for it in summaries for name in it.measures if name.startswith("compile_at_")}
    figure = ("compile_rate", *sorted(at_ks, key=_number), *_FIGURE[1:])
    tables = [
        _measured("The figures", summaries, figure),
        _measured("The programs", summaries, _TEXT),
        replace(_measured("Once what is no program is cut away", cut, _CUT), meanings=()),
        _failures(summaries),
        _costs(summaries),
        _compared("Side by side on the same problems", compared, _PAIRED),
        _compared("What the constraint costs where none was needed", taxed, _TAXED),
    ]
    return [table for table in tables if table.columns and table.rows]


_PAIRED = (
    "Change in the mean, in percentage points (of SSIM in hundredths), from the second to the"
    " first, with its 95 % bootstrap interval; on how many problems the first is better or worse;"
    " p by the exact McNemar test. What is not drawn counts as 0."
)
_TAXED = "Only on the problems that the second one compiles by itself. " + _PAIRED


def report_csv(summaries: Iterable[ArmSummary]) -> str:
    """Return the numbers as CSV: a row an arm; intervals as two columns, shares from 0 to 1."""
    rows = []
    for it in summaries:
        row: dict[str, object] = {
            "arm": it.arm,
            "samples": it.samples,
            "problems": it.problems,
        }
        for name, measure in it.measures.items():
            low, high = measure.interval or (None, None)
            row |= {name: measure.value, f"{name}_low": low, f"{name}_high": high}
            row[f"{name}_count"] = measure.count
        row |= {f"failed_{failure}": count for failure, count in it.failures.items()}
        row |= {f"cost_{name}": cost for name, cost in it.cost.items()}
        rows.append(row)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


# ---------------------------------------------------------------------------------- the tables


def _measured(title: str, summaries: Sequence[ArmSummary], names: Sequence[str]) -> Table:
    known = [name for name in names if _is_known(name, summaries)]
    return Table(
        title=title,
        first="written by",
        columns=tuple(map(measure_words, known)),
        rows=_rows(summaries, known, lambda it, name: _measure(it, name)),
        about="In small letters: the 95 % interval; of how many programs the number can be told,"
        " where that is not all of them.",
        meanings=tuple((measure_words(name), _meaning(name)) for name in known),
    )


def _is_known(name: str, summaries: Sequence[ArmSummary]) -> bool:
    """Tell whether a measure has something to say that no other one has said."""
    told = [it.measures.get(name) for it in summaries]
    if name == "nonblank_rate" and told == [it.measures["compile_rate"] for it in summaries]:
        return False
    return any(measure and measure.count for measure in told)


def _meaning(name: str) -> str:
    if name in _MEANINGS:
        return _MEANINGS[name]
    return f"of {_number(name)} programs written for a sentence at least one compiles"


def _number(at_k: str) -> int:
    return int(at_k.removeprefix("compile_at_"))


def _measure(summary: ArmSummary, name: str) -> Cell:
    measure = summary.measures.get(name)
    if measure is None or measure.value is None or measure.interval is None:
        return Cell("")
    digits = _DIGITS.get(name)
    value = told_share(measure.value) if digits is None else f"{measure.value:.{digits}f}"
    told = told_interval(measure.interval, digits)
    if name in _MEANINGS and measure.count < summary.samples:
        return Cell(value, (told, f"of {measure.count}"))
    return Cell(value, (told,))


def _failures(summaries: Sequence[ArmSummary]) -> Table:
    total: dict[str, int] = {}
    for it in summaries:
        for failure, count in it.failures.items():
            total[failure] = total.get(failure, 0) + count
    classes = sorted(total, key=lambda failure: -total[failure])
    return Table(
        title="Failures by class",
        first="written by",
        columns=tuple(classes),
        rows=_rows(summaries, classes, lambda it, name: Cell(str(it.failures.get(name, 0)))),
        about="How many programs fail, by the first thing that is wrong with them: a name that"
        " nothing declares, a wrong type, the syntax, a label TeX cannot set, an error when it"
        " runs, nothing to see.",
    )


def _costs(summaries: Sequence[ArmSummary]) -> Table:
    known = [name for name in COSTS if any(name in it.cost for it in summaries)]

    def told(it: ArmSummary, name: str) -> Cell:
        return Cell(f"{it.cost[name]:.3g}" if name in it.cost else "")

    return Table(
        title="What it takes",
        first="written by",
        columns=tuple(COSTS[name] for name in known),
        rows=_rows(summaries, known, told),
        about="Means of a program.",
    )


def _rows(
    summaries: Sequence[ArmSummary],
    names: Sequence[str],
    told: Callable[[ArmSummary, str], Cell],
) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    return tuple((arm_name(it.arm), tuple(told(it, name) for name in names)) for it in summaries)


def _compared(title: str, compared: Sequence[Comparison], about: str) -> Table:
    names = list(dict.fromkeys(name for it in compared for name in it.differences))
    return Table(
        title=title,
        first="one beside the other",
        columns=("problems", *map(measure_words, names)) if names else (),
        rows=tuple(
            (
                f"{arm_name(it.arm)} beside {arm_name(it.baseline)}",
                (
                    Cell(str(it.problems)),
                    *(_difference(it.differences.get(name)) for name in names),
                ),
            )
            for it in compared
            if it.differences
        ),
        about=about,
    )


def _difference(it: Difference | None) -> Cell:
    if it is None:
        return Cell("")
    if not it.better and not it.worse:
        return Cell("0")
    difference, low, high = map(_points, (it.difference, *it.interval))
    better = f"{it.better} better, {it.worse} worse"
    return Cell(difference, (f"{low} to {high}", better, f"p = {it.p:.2g}"))


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
