"""Judging what something else wrote: as it was written, and once what is no program is cut away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asygrammar.eval.contamination import Cleaning, cleaned
from asygrammar.eval.reading import UnreadableRow
from asygrammar.eval.report import write_report
from asygrammar.eval.runner import CACHE, score_samples
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.summary import ArmSummary, summarize, table

#: What is cut, one after the other, with the name that people read.
CUTS: Mapping[str, str] = {"prompt": "prompt cut", "fence": "prompt and fence cut"}
# The folder of the scores of what is left then.
_CUT = "cut"
_TOLD = ("compile_rate", "parse_rate", "statements_run", "same_rate", "similarity", "ssim")


@dataclass(frozen=True)
class EvalReport:
    """What came of judging a file of samples.

    Attributes:
        together: All samples counted as one arm.
        arms: Each arm by itself.
        cut: All samples likewise once the prompt is cut away (``prompt``), and once the code fence
            is, too (``fence``); empty where that changes none of them.
        folder: Where scores, pictures and report are; ``None`` where they are not kept.
    """

    together: ArmSummary
    arms: tuple[ArmSummary, ...]
    cut: Mapping[str, ArmSummary]
    folder: Path | None

    @property
    def compared(self) -> tuple[ArmSummary, ...]:
        """All samples as they were written, and after each cut; nothing where there is none."""
        if not self.cut:
            return ()
        named = [replace(self.cut[name], arm=words) for name, words in CUTS.items()]
        return (replace(self.together, arm="as written"), *named)

    def to_dict(self) -> dict[str, Any]:
        """Return the report JSON-ready: the numbers of all samples flat, the others by name."""
        return {
            **_flat(self.together),
            "arms": [arm.to_dict() for arm in self.arms],
            "cut": {name: _flat(summary) for name, summary in self.cut.items()},
            "folder": None if self.folder is None else str(self.folder),
        }

    def before_and_after(self) -> list[ArmSummary]:
        """Return all samples as they were written and after each cut; nothing where none cuts."""
        if not self.cut:
            return []
        named = [replace(self.cut[name], arm=words) for name, words in CUTS.items()]
        return [replace(self.together, arm="as written"), *named]

    def to_text(self) -> str:
        """Return the report as tables."""
        parts = [table(self.arms), _failures(self.together)]
        if self.cut:
            parts.append(table(self.before_and_after(), _TOLD))
        if self.folder is not None:
            parts.append(f"scores, pictures and report: {self.folder}")
        return "\n\n".join(filter(None, parts))


def run_eval(
    rows: Sequence[Sample | UnreadableRow],
    out: Path | None = None,
    *,
    command: str = "",
    **how: Any,
) -> EvalReport:
    """Judge samples, and what is left of them where prompts and fences are cut away.

    Args:
        rows: The samples, and rows that are none.
        out: The folder for scores, pictures and the report; made where it is missing, and gone on
            with where it has some. ``None``: nothing is kept.
        command: The command that made it, for the report.
        **how: As for `asygrammar.eval.runner.score_samples`, which says what is raised.
    """
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scores = score_samples(rows, folder, **how)
        if how.get("cache") is None and how.get("engine", "local") == "local":
            how["cache"] = folder / CACHE
        cut = _score_cut(scores, folder / _CUT, **how)
        report = EvalReport(
            together=_together(scores),
            arms=tuple(summarize(scores)),
            cut={name: _together(of_cut) for name, of_cut in cut.items()},
            folder=out,
        )
        if out is not None:
            write_report(scores, folder, command, cut=report.compared)
    return report


def _score_cut(scores: Sequence[Score], folder: Path, **how: Any) -> dict[str, list[Score]]:
    """Return for each cut the scores of all samples; those that it leaves as they are stand."""
    cleanings = {
        score.sample.id: cleaned(it.completion, it.prompt, it.system)
        for score in scores
        if (it := score.sample).completion
    }
    shortened = [
        sample
        for score in scores
        if (cleaning := cleanings.get(score.sample.id))
        for sample in _shortened(score.sample, cleaning)
    ]
    if not shortened:
        return {}
    found = {it.sample.id: it for it in score_samples(shortened, folder, **how)}
    return {
        name: [found.get(_name(score.sample, name), score) for score in scores] for name in CUTS
    }


def _shortened(sample: Sample, cleaning: Cleaning) -> Iterator[Sample]:
    """Yield what is left of a sample after each cut, where that is not all of it."""
    for name, text in zip(CUTS, (cleaning.prompt_cut, cleaning.fence_cut), strict=True):
        if text != sample.completion:
            yield replace(sample, id=_name(sample, name), completion=text)


def _name(sample: Sample, cut: str) -> str:
    return f"{sample.id} ({CUTS[cut]})"


def _together(scores: Sequence[Score]) -> ArmSummary:
    (summary,) = summarize(replace(it, sample=replace(it.sample, arm="")) for it in scores)
    return summary


def _flat(summary: ArmSummary) -> dict[str, Any]:
    numbers = summary.to_dict()
    del numbers["arm"]
    return numbers


def _failures(summary: ArmSummary) -> str:
    if not summary.failures:
        return ""
    return "failures: " + ", ".join(f"{name} {count}" for name, count in summary.failures.items())
