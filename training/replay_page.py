"""A replay on disk: replay.json for programs, replay.html for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from training.curves import Points
from training.figures import BLUE, MUTED, RED, VIOLET, svg
from training.pages import render_page, to_json
from training.replay_comparing import Comparison
from training.replay_figures import Figures, Point

LEAST_LABELLED = 30  # requests with a label, before rightness is drawn


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: of one release, or of two with what changed. `sources` are the files, `notes` what a reader
    has to know before believing the figures."""

    sources: tuple[str, ...]
    figures: tuple[Figures, ...]
    comparison: Comparison | None
    notes: tuple[str, ...]
    kefu: str


def write_replay(folder: Path, replayed: Replayed) -> Path:
    """Write replay.json and replay.html; the path of the page. Raises OSError when the disk won't take them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "replay.json").write_text(to_json(replayed), "utf-8")
    page = folder / "replay.html"
    page.write_text(render(replayed), "utf-8")
    return page


def render(replayed: Replayed) -> str:
    """The replay as one page."""
    main = replayed.figures[-1]
    return render_page(
        "replay.html",
        replayed=replayed,
        main=main,
        headline=headline(main),
        picture=draw(main),
        has_labels=main.point.right.n > 0,
    )


def headline(figures: Figures) -> str:
    """What the release would have done, in words."""
    point = figures.point
    if not figures.n_requests:
        return "No requests in these dialogues."
    budget = f"{100 * point.budget.max_wrong_answers:g} %"
    covered = f"{100 * (point.answered.value or 0):.0f} %"
    return (
        f"With a budget of {budget} wrong, the bot would have answered {covered} of these "
        f"{figures.n_requests:,} requests."
    )


def agreement_in_words(figures: Figures) -> str:
    """How far the answers agree with people, "" where there is nothing to compare with."""
    agreed, right = figures.point.agreed, figures.point.right
    words = []
    if agreed.n:
        words.append(
            f"{100 * (agreed.value or 0):.0f} % of the {agreed.n:,} answers that can be compared agree with what people replied"
        )
    if right.n:
        words.append(f"{100 * (right.value or 0):.1f} % of the {right.n:,} with a label are right by it")
    return "; ".join(words) + "." if words else ""


def draw(figures: Figures) -> Markup | None:
    """Agreement, and rightness where there are labels, against coverage; None with too few answers to compare."""
    if not figures.agreement:
        return None
    curves = [("agrees with the person's reply", figures.agreement, BLUE, "-")]
    if figures.rightness and sum(one.right.n for one in figures.intents) >= LEAST_LABELLED:
        curves.append(("right by its label", figures.rightness, VIOLET, "--"))

    def paint(axes: Any) -> None:
        for name, points, colour, style in curves:
            axes.plot(*_in_percent(points), color=colour, linestyle=style, label=name)
        _mark(axes, figures.budgets, figures.point)
        axes.set(xlim=(0, 101), ylim=(0, 103), xlabel="requests answered without a person (%)",
                 ylabel="of those that can be told (%)")  # fmt: skip
        axes.legend(loc="lower left")

    return svg("coverage and agreement", paint, (7.5, 3.8))


def _mark(axes: Any, budgets: Sequence[Point], chosen: Point) -> None:
    """Each budget as a point on the way, the chosen one larger."""
    others = [one for one in budgets if one.agreed.n and one.budget != chosen.budget]
    axes.plot([100 * (one.answered.value or 0) for one in others], [100 * (one.agreed.value or 0) for one in others],
              color=MUTED, marker="o", markersize=4, linestyle="none", clip_on=False, label="other budgets")  # fmt: skip
    if chosen.agreed.n:
        label = f"budget {100 * chosen.budget.max_wrong_answers:g} %"
        axes.plot(100 * (chosen.answered.value or 0), 100 * (chosen.agreed.value or 0), color=RED, marker="o",
                  markersize=9, linestyle="none", clip_on=False, label=label)  # fmt: skip


def _in_percent(points: Points) -> tuple[list[float], list[float]]:
    return [100 * x for x, _ in points], [100 * y for _, y in points]
