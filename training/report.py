"""The report of a release on disk: report.json for programs, report.html for people."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from training import figures
from training.curves import Curve
from training.report_data import Report, to_json

TEMPLATES = Path(__file__).parent / "templates"
SHOWN_CHARACTERS = 400
NO_VALUE = "–"


def write_report(folder: Path, report: Report) -> None:
    """Write report.json and report.html into a release folder."""
    (folder / "report.json").write_text(to_json(report), "utf-8")
    (folder / "report.html").write_text(render(report), "utf-8")


def render(report: Report) -> str:
    """The report as one page that needs nothing from outside; whatever was written by people is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "figure": figure, "shorten": shorten}
    script = (TEMPLATES / "report.js").read_text("utf-8")
    return environment.get_template("report.html").render(
        report=report,
        point=report.point,
        headline=headline(report),
        pictures=draw(report),
        script=Markup(script),  # noqa: S704
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704
    )


def percent(share: float | None, digits: int = 1) -> str:
    """A share 0..1 in percent."""
    return NO_VALUE if share is None else f"{share:.{digits}%}"


def figure(value: float | None, digits: int = 3) -> str:
    """A number with a fixed number of digits."""
    return NO_VALUE if value is None else f"{value:.{digits}f}"


def shorten(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} …"


def headline(report: Report) -> str:
    """What the release does, in words."""
    point = report.point
    wanted = f"{100 * report.budget.max_wrong_answers:g}%"
    if point.error is None:
        return (
            f"Answers none of the {point.n} messages on its own: no confidence was high enough "
            f"for the budget of {wanted} wrong answers."
        )
    start = (
        f"Answers {point.coverage:.0%} of messages on its own ({point.answered} of {point.n}), "
        f"{point.error:.1%} of those wrong"
    )
    if point.error <= report.budget.max_wrong_answers:
        return f"{start}: within the budget of {wanted}."
    if point.error_low <= report.budget.max_wrong_answers:
        return f"{start}: more than the budget of {wanted}, but not more than chance explains with so few answers."
    return f"{start}: more than the budget of {wanted}."


def draw(report: Report) -> dict[str, Markup]:
    """The pictures by name; one without data is not among them."""
    intent = report.intent
    pictures = {
        "matrix": figures.confusion_matrix(intent.matrix_labels, intent.matrix),
        "reliability": figures.reliability(intent.reliability, intent.ece),
        "risk": figures.risk(intent.risk, report.budgets, report.point),
    }
    if curves := _known({"micro": intent.roc_micro, "macro": intent.roc_macro}):
        pictures["roc"] = figures.roc("ROC curves of intents", curves)
    if curves := _known({"micro": intent.precision_recall_micro, "macro": intent.precision_recall_macro}):
        pictures["precision_recall"] = figures.precision_recall("precision-recall curves of intents", curves)
    if curves := _known({"in scope": intent.scope_roc}):
        pictures["scope_roc"] = figures.roc("ROC curve of scope", curves)
    if curves := _known({"in scope": intent.scope_precision_recall}):
        pictures["scope_precision_recall"] = figures.precision_recall(
            "precision-recall curve of scope", curves
        )
    if study := report.training.study:
        pictures["search"] = figures.search(study)
    if report.training.curves:
        pictures["training"] = figures.training_curves(report.training.curves)
    return pictures


def _known(curves: dict[str, Curve | None]) -> dict[str, Curve]:
    return {name: curve for name, curve in curves.items() if curve}
