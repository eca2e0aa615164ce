"""The report of a release: report.json for programs, report.html for people."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.budget import Budget
from training.evaluate import EntityScores, IntentScores
from training.trained import CurvePoint


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything the report shows. `timings` are seconds by stage, `agreement` cosine distances of ONNX and torch,
    `by_precision` the intent accuracy of each ONNX file."""

    title: str
    speed: str
    base_model: str
    dataset: dict[str, int]
    intent: IntentScores
    entity: EntityScores | None
    sentiment: dict[str, float] | None
    by_precision: dict[str, float]
    agreement: dict[str, float]
    curves: tuple[CurvePoint, ...]
    timings: dict[str, float]
    budget: Budget
    notes: tuple[str, ...] = ()


def write_report(folder: Path, report: Report) -> None:
    """Write report.json into a release folder."""
    content: dict[str, Any] = dataclasses.asdict(report)
    (folder / "report.json").write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")
