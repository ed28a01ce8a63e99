"""The plots of a report, as SVG that stands in a page: its letters are the page's.

Each is drawn at the width of a phone; names of arms stand above their bars, so that long ones fit.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from textwrap import shorten
from typing import Any

import numpy as np

from asygrammar.eval.report_tables import arm_name, told_share
from asygrammar.eval.score import Score
from asygrammar.eval.summary import ArmSummary

_INK, _SOFT, _TRACK, _BLUE, _PALE = "#1c2430", "#5b6673", "#e9ecf0", "#24557f", "#9dbad3"
# Told apart by color-blind readers too, in print by their order.
_CLASSES = ("#a8432f", "#d98b5f", "#e3bd7d", "#7c8fa3", "#4c6a88", "#8a6f9e", "#b9c2cc")
_REST = "others"
_SECONDS: Mapping[str, tuple[str, str]] = {
    "model_seconds": ("the model", "#24557f"),
    "mask_seconds": ("masks", "#7ea6c6"),
    "grammar_seconds": ("grammars", "#c9b37e"),
    "compiler_seconds": ("the compiler", "#b0741a"),
}
_OTHER_SECONDS = ("anything else", "#c3cad2")

_WIDTH = 3.8  # inches
_ROW = 0.44
_HEAD, _FOOT = 0.12, 0.42
_RC = {"svg.fonttype": "none", "svg.hashsalt": "asygrammar", "font.size": 9}


@dataclass(frozen=True)
class Plot:
    """A plot of a report.

    Attributes:
        title: What it shows.
        svg: The picture, to be put into a page as it is.
        legend: The names and colors of its parts.
        about: A sentence below it.
    """

    title: str
    svg: str
    legend: tuple[tuple[str, str], ...] = ()
    about: str = ""


def report_plots(summaries: Sequence[ArmSummary], scores: Sequence[Score]) -> list[Plot]:
    """Return the plots that there is something to show in.

    Raises:
        ImportError: matplotlib is not installed.
    """
    plots = (
        _compile_rates(summaries),
        _failures(summaries),
        _similarities(summaries, scores),
        _seconds(summaries),
    )
    return [plot for plot in plots if plot]


def _compile_rates(summaries: Sequence[ArmSummary]) -> Plot | None:
    rates = {it.arm: it.measures["compile_rate"] for it in summaries}

    def row(axes: Any, y: float, it: ArmSummary) -> str:
        rate = rates[it.arm]
        if rate.value is None or rate.interval is None:
            return ""
        low, high = rate.interval
        axes.plot([0, 1], [y, y], color=_TRACK, linewidth=1, zorder=1)
        axes.plot([low, high], [y, y], color=_PALE, linewidth=5, zorder=2)
        axes.plot([rate.value], [y], "o", color=_BLUE, markersize=6, zorder=3, clip_on=False)
        return told_share(rate.value)

    if not any(rate.count for rate in rates.values()):
        return None
    svg = _rows("compile-rate", summaries, row, 1.0, _percent)
    return Plot("Programs that compile", svg, about="The bar is the 95 % interval.")


def _failures(summaries: Sequence[ArmSummary]) -> Plot | None:
    total: dict[str, int] = {}
    for it in summaries:
        for failure, count in it.failures.items():
            total[failure] = total.get(failure, 0) + count
    if not total:
        return None
    names = sorted(total, key=lambda name: -total[name])
    named = names if len(names) <= len(_CLASSES) else names[: len(_CLASSES) - 1]
    parts = [*named, *([_REST] if len(named) < len(names) else [])]
    colors = dict(zip(parts, _CLASSES, strict=False))

    def row(axes: Any, y: float, it: ArmSummary) -> str:
        shares = {name: it.failures.get(name, 0) / it.samples for name in named}
        rest = sum(it.failures.values()) / it.samples - sum(shares.values())
        _stack(axes, y, [(share, colors[name]) for name, share in shares.items()])
        if _REST in colors:
            _stack(axes, y, [(rest, colors[_REST])], start=sum(shares.values()))
        return f"{sum(it.failures.values())} of {it.samples}"

    most = max(sum(it.failures.values()) / it.samples for it in summaries)
    svg = _rows("failures", summaries, row, most, _percent)
    return Plot("Programs that fail", svg, tuple(colors.items()))


def _similarities(summaries: Sequence[ArmSummary], scores: Sequence[Score]) -> Plot | None:
    known = {
        it.arm: [s.ssim for s in scores if s.sample.arm == it.arm and s.ssim is not None]
        for it in summaries
    }
    if not any(known.values()):
        return None
    lowest = min(value for values in known.values() for value in values)
    least = max(0.0, math.floor(5 * lowest) / 5 if lowest < 1 else 0.8)
    edges = np.linspace(least, 1, 26)
    heights = {
        arm: np.histogram(np.clip(values, least, 1), edges)[0] / max(len(values), 1)
        for arm, values in known.items()
    }
    highest = max(float(found.max()) for found in heights.values())

    def row(axes: Any, y: float, it: ArmSummary) -> str:
        values = known[it.arm]
        axes.plot([least, 1], [y + 0.17, y + 0.17], color=_TRACK, linewidth=1, zorder=1)
        if not values:
            return "none drawn"
        height = heights[it.arm] / highest * 0.42
        axes.bar(edges[:-1], -height, np.diff(edges), y + 0.17, align="edge", color=_BLUE)
        return f"median {median(values):.3f}"

    svg = _rows("ssim", summaries, row, 1.0, "{:g}".format, least)
    return Plot(
        "How alike drawn figure and reference are",
        svg,
        about="SSIM of the figures that were drawn; 1 is equal. The higher, the more of them.",
    )


def _seconds(summaries: Sequence[ArmSummary]) -> Plot | None:
    totals = {it.arm: it.cost.get("seconds", _parts_sum(it)) for it in summaries}
    if not any(totals.values()):
        return None
    parts = {
        name: told for name, told in _SECONDS.items() if any(it.cost.get(name) for it in summaries)
    }

    def row(axes: Any, y: float, it: ArmSummary) -> str:
        spent = [(it.cost.get(name, 0.0), color) for name, (_, color) in parts.items()]
        rest = max(0.0, totals[it.arm] - sum(seconds for seconds, _ in spent))
        _stack(axes, y, [*spent, (rest, _OTHER_SECONDS[1])])
        return f"{totals[it.arm]:.2g} s"

    svg = _rows("seconds", summaries, row, max(totals.values()), "{:g} s".format)
    return Plot("Seconds to write a program", svg, (*parts.values(), _OTHER_SECONDS))


def _parts_sum(it: ArmSummary) -> float:
    return sum(it.cost.get(name, 0.0) for name in _SECONDS)


# --------------------------------------------------------------------------------- how they look


def _rows(
    name: str,
    summaries: Sequence[ArmSummary],
    draw: Callable[[Any, float, ArmSummary], str],
    most: float,
    told: Callable[[float], str],
    least: float = 0.0,
) -> str:
    """Draw a row for each arm, and return the SVG.

    Args:
        name: Of the plot; no other of the page has it.
        summaries: The arms.
        draw: Draws a row at a height, and returns what stands at its right end.
        most: The largest number on the axis.
        told: How numbers on the axis are told.
        least: The smallest number on the axis.
    """
    rc_context, Figure, MaxNLocator = _matplotlib()  # noqa: N806 - its names
    count = len(summaries)
    height = _HEAD + _ROW * count + _FOOT
    with rc_context(_RC):
        figure = Figure(figsize=(_WIDTH, height))
        axes: Any = figure.add_axes((0, _FOOT / height, 0.98, _ROW * count / height))
        axes.set_xlim(least, most)
        axes.set_ylim(count - 0.5, -0.5)
        for y, it in enumerate(summaries):
            words = draw(axes, y + 0.14, it)
            above: dict[str, Any] = {"va": "baseline", "parse_math": False, "fontsize": 9}
            label = shorten(arm_name(it.arm), 40, placeholder=" ...")
            axes.text(least, y - 0.2, label, color=_INK, **above)
            axes.text(most, y - 0.2, words, color=_SOFT, ha="right", **above)
        axes.set_yticks([])
        ticks = [tick for tick in MaxNLocator(5).tick_values(least, most) if tick <= most]
        axes.set_xticks(ticks, [told(round(tick, 10)) for tick in ticks])
        axes.tick_params(axis="x", length=0, pad=5, labelsize=8, labelcolor=_SOFT)
        for tick, text in zip(ticks, axes.get_xticklabels(), strict=True):
            # Those at the ends stay within the picture.
            text.set_ha({least: "left", most: "right"}.get(tick, "center"))
        for side in axes.spines.values():
            side.set_visible(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True)
    return _inline(name, file.getvalue())


def _matplotlib() -> tuple[Any, Any, Any]:
    """Return what is needed of matplotlib, which only reports need."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'asygrammar[eval]'") from None
    return rc_context, Figure, MaxNLocator


def _stack(axes: Any, y: float, parts: Sequence[tuple[float, str]], start: float = 0.0) -> None:
    for length, color in parts:
        axes.barh(y, length, 0.3, start, color=color, edgecolor="white", linewidth=0.6)
        start += length


def _percent(value: float) -> str:
    return f"{100 * value:g} %"


def _inline(name: str, svg: str) -> str:
    """Return an SVG as it can stand in a page, beside others.

    It loses what only a file needs, its fixed size, and its notes on itself, which name other
    sites; its names get the plot's in front.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'^<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', body)
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
