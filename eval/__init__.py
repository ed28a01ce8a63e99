"""From programs to numbers."""

from asygrammar.eval.ladder import LadderReport, LevelScore, Verdict, held_out_figures, run_ladder
from asygrammar.eval.stats import wilson_interval

__all__ = [
    "LadderReport",
    "LevelScore",
    "Verdict",
    "held_out_figures",
    "run_ladder",
    "wilson_interval",
]
