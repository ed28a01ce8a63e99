"""From programs to numbers."""

from asygrammar.eval.problems import Problem, held_out_figures, held_out_problems, read_problems
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.stats import wilson_interval
from asygrammar.eval.summary import ArmSummary, Measure, summarize

__all__ = [
    "ArmSummary",
    "Measure",
    "Problem",
    "Sample",
    "Score",
    "held_out_figures",
    "held_out_problems",
    "read_problems",
    "summarize",
    "wilson_interval",
]
