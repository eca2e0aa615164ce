"""The report of a release on disk: report.json for programs, report.html for people."""

from pathlib import Path

from markupsafe import Markup

from training import figures
from training.curves import Curve
from training.pages import render_page, to_json
from training.report_data import Report


def write_report(folder: Path, report: Report) -> None:
    """Write report.json and report.html into a release folder."""
    (folder / "report.json").write_text(to_json(report), "utf-8")
    (folder / "report.html").write_text(render(report), "utf-8")


def render(report: Report) -> str:
    """The report as one page."""
    return render_page(
        "report.html", report=report, point=report.point, headline=headline(report), pictures=draw(report)
    )


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
