"""The pictures of the report, as SVG that takes its colours from the page: light and dark need no second copy."""

import io
import itertools
import logging
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from training.curves import Bin, Curve, Points
from training.evaluate import OperatingPoint
from training.study import Study
from training.trained import CurvePoint

# Colours that stand in the drawing for the page's own: its CSS variables of these names.
INK, MUTED, GRID, SURFACE = "#010101", "#020202", "#030303", "#040404"
BLUE, RED, GREEN, VIOLET = "#050505", "#060606", "#070707", "#080808"
VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "line", SURFACE: "surface",
    BLUE: "blue", RED: "red", GREEN: "green", VIOLET: "violet",
}  # fmt: skip
SHOWN_LABELS = 30
OTHERS = "(all others)"
NAME_LENGTH = 32
SIZE = (5.0, 4.0)  # inches of 72 points

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "svg.fonttype": "none",
    "svg.hashsalt": "kefu",
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in an intent's name is just that
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


def confusion_matrix(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Markup:
    """Rows: what was meant; columns: what it was taken for. Of many intents those confused most, the rest as one."""
    names, counts = most_confused_part(labels, matrix)
    names = [name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…" for name in names]
    n = len(names)

    def draw(axes: Any) -> None:
        totals = np.maximum(counts.sum(axis=1), 1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            share = float(counts[row, column] / totals[row])
            colour = BLUE if row == column else RED
            axes.add_patch(
                _rectangle(
                    (column - 0.5, row - 0.5), 1, 1, facecolor=colour, alpha=0.15 + 0.65 * share, linewidth=0
                )
            )
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7.5)
        axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), xlabel="taken for", ylabel="meant")
        axes.set_xticks(range(n), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=7.5)
        axes.set_yticks(range(n), names, fontsize=7.5)
        borders = np.arange(-0.5, n)
        axes.set_xticks(borders, minor=True)
        axes.set_yticks(borders, minor=True)
        axes.tick_params(which="minor", length=0)
        axes.grid(visible=False, which="major")
        axes.grid(visible=True, which="minor")
        axes.set_aspect("equal")

    side = 2.2 + 0.27 * max(n, 6)
    return svg("confusion matrix of intents", draw, (side, side))


def most_confused_part(
    labels: Sequence[str], matrix: Sequence[Sequence[int]]
) -> tuple[list[str], "np.ndarray[Any, np.dtype[np.int_]]"]:
    """Up to SHOWN_LABELS labels by how often they are confused, in their old order, and the matrix of them and the rest."""
    counts = np.array(matrix, int)
    if len(labels) <= SHOWN_LABELS:
        return list(labels), counts
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    shown = np.sort(np.argsort(-wrong, kind="stable")[: SHOWN_LABELS - 1])
    rest = np.setdiff1d(np.arange(len(labels)), shown)
    rows = np.vstack([counts[shown], counts[rest].sum(axis=0)])
    part = np.column_stack([rows[:, shown], rows[:, rest].sum(axis=1)])
    return [*(labels[i] for i in shown), OTHERS], part


def roc(title: str, curves: dict[str, Curve]) -> Markup:
    """Curves by name, each named with its area; the title is for those who can't see them, one of its own on the page."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":", label="guessing (0.500)")
        _draw_curves(axes, curves)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.legend(loc="lower right", title="area under the curve", title_fontsize=8.5)

    return svg(title, draw)


def precision_recall(title: str, curves: dict[str, Curve]) -> Markup:
    """Curves by name, each named with its average precision; title as in `roc`."""

    def draw(axes: Any) -> None:
        _draw_curves(axes, curves)
        axes.set(xlabel="recall", ylabel="precision")
        axes.legend(loc="lower left", title="average precision", title_fontsize=8.5)

    return svg(title, draw)


def _draw_curves(axes: Any, curves: dict[str, Curve]) -> None:
    for (name, curve), colour, style in zip(curves.items(), (BLUE, VIOLET), ("-", "--"), strict=False):
        axes.plot(
            *zip(*curve.points, strict=True),
            color=colour,
            linestyle=style,
            label=f"{name} ({curve.area:.3f})",
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03))


def reliability(bins: Sequence[Bin], ece: float) -> Markup:
    """How often messages of a confidence were right, with the 95 % interval of each share."""

    def draw(axes: Any) -> None:
        x = [one.confidence for one in bins]
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":", label="confidence is what it says")
        axes.vlines(
            x, [one.low for one in bins], [one.high for one in bins], color=BLUE, alpha=0.35, linewidth=4
        )
        axes.plot(x, [one.accuracy for one in bins], color=BLUE, marker="o", markersize=5, linewidth=1,
                  label=f"these messages (ECE {ece:.3f})")  # fmt: skip
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), xlabel="confidence", ylabel="share that was right")
        axes.legend(loc="upper left")

    return svg("reliability diagram", draw)


def risk(points: Points, operating: Sequence[OperatingPoint], chosen: OperatingPoint) -> Markup:
    """Wrong answers against answers given, with the budget as a line and every budget's threshold as a point."""
    others = [point for point in operating if point.error is not None and point is not chosen]
    budget = chosen.budget.max_wrong_answers

    def draw(axes: Any) -> None:
        axes.plot([100 * x for x, _ in points], [100 * y for _, y in points], color=BLUE)
        axes.axhline(100 * budget, color=RED, linewidth=1.2, linestyle="--")
        axes.text(
            100, 100 * budget, f"budget {100 * budget:g}% ", color=RED, ha="right", va="bottom", fontsize=8.5
        )
        axes.plot([100 * p.coverage for p in others], [100 * (p.error or 0) for p in others], color=MUTED,
                  marker="o", markersize=4, linestyle="none", clip_on=False, label="other budgets")  # fmt: skip
        if chosen.error is not None:
            label = f"threshold {chosen.budget.answer_threshold:.2f}: answers {chosen.coverage:.0%}, {chosen.error:.1%} wrong"
            axes.plot(100 * chosen.coverage, 100 * chosen.error, color=RED, marker="o", markersize=9,
                      linestyle="none", clip_on=False, label=label)  # fmt: skip
        top = max([budget, *(y for x, y in points if x > 0.05)])
        axes.set(xlim=(0, 101), ylim=(0, 115 * top), xlabel="messages answered without a person (%)",
                 ylabel="of those, wrong (%)")  # fmt: skip
        axes.legend(loc="upper left")

    return svg("coverage and error", draw, (7.5, 3.8))


def training_curves(curves: Sequence[CurvePoint]) -> Markup:
    """Losses on the left, what is to rise on the right, over epochs."""
    names = list(dict.fromkeys(point.name for point in curves))
    groups = [[name for name in names if ("loss" in name) is is_loss] for is_loss in (True, False)]

    def draw(axes: Any) -> None:
        for part, group, label in zip(axes, groups, ("loss", "score on validation messages"), strict=True):
            colours = itertools.cycle([BLUE, VIOLET, GREEN, RED])
            for name, colour in zip(group, colours, strict=False):
                line = [(point.epoch, point.value) for point in curves if point.name == name]
                part.plot(*zip(*line, strict=True), color=colour, marker="o", markersize=3.5, label=name)
            part.set(xlabel="epoch", ylabel=label)
            part.xaxis.get_major_locator().set_params(integer=True)
            if group:
                part.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

    return svg("training curves", draw, (9.0, 3.9), columns=2)


def search(study: Study) -> Markup:
    """The score of each trial, the best so far as a line."""
    numbered = list(enumerate(study.trials, start=1))
    whole = [(number, trial.score) for number, trial in numbered if not trial.is_pruned]
    pruned = [(number, trial.score) for number, trial in numbered if trial.is_pruned]

    def draw(axes: Any) -> None:
        best = np.maximum.accumulate([score for _, score in whole])
        axes.step([number for number, _ in whole], best, where="post", color=VIOLET, label="best so far")
        axes.plot(
            *zip(*whole, strict=True), color=BLUE, marker="o", markersize=5, linestyle="none", label="trial"
        )
        if pruned:
            axes.plot(*zip(*pruned, strict=True), color=MUTED, marker="x", markersize=5, linestyle="none",
                      label="given up early")  # fmt: skip
        axes.set(xlabel="trial", ylabel=study.measure)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(loc="lower right")

    return svg("search for hyperparameters", draw, (7.5, 3.8))


def _rectangle(*args: Any, **options: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(*args, **options)


def svg(
    title: str, draw: Callable[[Any], None], size: tuple[float, float] = SIZE, *, columns: int = 1
) -> Markup:
    """A drawing for a page; `draw` gets matplotlib's axes, the title is one of its own on the page. `size` in inches."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # the first import tells of its font cache
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing glyphs: the page's fonts are meant, not matplotlib's
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(1, columns))
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _for_page(file.getvalue(), title)


def _for_page(drawing: str, title: str) -> Markup:
    """A drawing as a part of the page: nothing before <svg>, ids of its own, the page's colours and font."""
    svg = drawing[drawing.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, count=1, flags=re.DOTALL)  # it would style the whole page
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", svg)
    prefix = re.sub(r"\W+", "-", title)
    svg = re.sub(r'(\sid="|url\(#|xlink:href="#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub("|".join(VARIABLES), lambda met: f"var(--{VARIABLES[met[0]]})", svg)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1))  # noqa: S704
