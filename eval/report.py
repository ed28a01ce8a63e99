"""The report: what became of the samples, as one page, as Markdown and as CSV.

The same scores give the same files, to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asygrammar.eval.html_pages import fill_page
from asygrammar.eval.paired import comparisons, taxes
from asygrammar.eval.report_gallery import BYTES, PROBLEMS, make_gallery
from asygrammar.eval.report_plots import report_plots
from asygrammar.eval.report_tables import (
    Table,
    arm_name,
    report_csv,
    report_tables,
    told_interval,
    told_share,
)
from asygrammar.eval.score import Score
from asygrammar.eval.summary import ArmSummary, summarize
from asygrammar.files import write_whole

TITLE = "Does it compile, and is it the right figure?"


@dataclass(frozen=True)
class Report:
    """The files of a report.

    Attributes:
        page: The page, which needs no other file.
        markdown: The tables as Markdown.
        csv: The numbers: a row an arm.
    """

    page: Path
    markdown: Path
    csv: Path


def write_report(
    scores: Sequence[Score],
    out: Path,
    command: str,
    *,
    cut: Sequence[ArmSummary] = (),
    problems: int = PROBLEMS,
    size: int = BYTES,
) -> Report:
    """Write a report.

    Args:
        scores: What became of the samples, at least one.
        out: The folder of the scores, where their pictures lie: the report goes there.
        command: What made them, as it was typed.
        cut: All samples as they were written, and once what is no program is cut away: an arm each.
        problems: The most problems that the gallery shows.
        size: The most bytes that its pictures take in the page.

    Raises:
        ValueError: There are no scores, or a file cannot be written.
        ImportError: matplotlib or scikit-image is not installed.
    """
    if not scores:
        raise ValueError("there are no scores to report")
    summaries = summarize(scores)
    tables = report_tables(summaries, comparisons(scores), taxes(scores), cut)
    counted, lead = _counted(summaries), _lead(summaries)
    page = fill_page(
        "report_page",
        title=TITLE,
        counted=counted,
        lead=lead,
        tables=tables,
        plots=report_plots(summaries, scores),
        gallery=make_gallery(scores, out, problems=problems, size=size),
        command=command,
        arm_name=arm_name,
    )
    report = Report(out / "report.html", out / "report.md", out / "report.csv")
    write_whole(report.page, page.encode())
    write_whole(report.markdown, _markdown(counted, lead, tables, command).encode())
    write_whole(report.csv, report_csv(summaries).encode())
    return report


def _counted(summaries: Sequence[ArmSummary]) -> str:
    programs = sum(it.samples for it in summaries)
    problems = max(it.problems for it in summaries)
    arms = f", written in {len(summaries)} ways" if len(summaries) > 1 else ""
    return f"{programs:,} programs for {problems:,} problems{arms}"


def _lead(summaries: Sequence[ArmSummary]) -> str:
    """Return what matters most, in a sentence: the first arm, and the best of the others."""
    known = [it for it in summaries if it.measures["compile_rate"].count]
    if not known:
        return "No sample could be read."
    told = f"Asymptote draws {_drawn(known[0])}"
    if len(known) == 1:
        return f"{told}."
    best = max(known[1:], key=lambda it: it.measures["compile_rate"].value or 0.0)
    return f"{told}, and {_drawn(best)}."


def _drawn(it: ArmSummary) -> str:
    rate = it.measures["compile_rate"]
    whose = f"what “{it.arm}” writes" if it.arm else "the programs"
    interval = told_interval(rate.interval or (0.0, 1.0))
    return f"{told_share(rate.value or 0.0)} of {whose} (95 % interval {interval})"


def _markdown(counted: str, lead: str, tables: Sequence[Table], command: str) -> str:
    head = f"# {TITLE}\n\n{counted}.\n\n{lead}\n\n    {' '.join(command.split())}\n"
    return "\n".join([head, *(table.to_markdown() for table in tables)])
