"""Two releases beside each other."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from tests.training.test_registry import make, registry
from training.comparing import compare
from training.errors import TrainingError
from training.registry import Registry

__all__ = ["registry"]  # a fixture


def write(registry: Registry, f1s: dict[str, float], *, accuracy: float, data: str, **more: Any) -> str:
    """A release with a report of these intents; its name."""
    name = make(
        registry,
        metrics={"accuracy": accuracy, "macro_f1": accuracy, "span_f1": None, "coverage": 0.5, "wrong_answers": 0.01, "is_held_out": True} | more,
        data={"dialogues": 1200, "fingerprint": data, "intents": dict.fromkeys(f1s, 10)},
        encoder={"base_model": "tiny"},
        options={"seed": 7},
        budget={"answer_threshold": 0.71, "clarify_threshold": 0.4, "max_wrong_answers": 0.05},
    )  # fmt: skip
    classes = [{"label": intent, "f1": f1, "support": 5} for intent, f1 in f1s.items()]
    (registry.folder / name / "report.json").write_text(json.dumps({"intent": {"classes": classes}}))
    return name


def told(registry: Registry, *words: str) -> str:
    result = CliRunner().invoke(
        kefu, ["releases", *words, "-w", str(registry.folder.parent)], catch_exceptions=False
    )
    return result.output


@pytest.fixture
def pair(registry: Registry) -> tuple[str, str]:
    """Two releases, the second current."""
    one = write(registry, {"cancel": 0.8, "refund": 0.9, "fax": 0.5}, accuracy=0.8, data="a")
    two = write(registry, {"cancel": 0.9, "refund": 0.6, "chat": 0.5}, accuracy=0.85, data="b", span_f1=0.7)
    registry.promote(two)
    return one, two


def test_figures_and_intents_are_compared(registry: Registry, pair: tuple[str, str]) -> None:
    found = compare(*(registry.open(name) for name in pair))
    changes = {figure.name: figure.change for figure in found.figures}
    assert changes["intents right"] == pytest.approx(0.05)
    assert changes["entities F1"] is None
    assert {one.name: round(one.change, 2) for one in found.intents} == {"cancel": 0.1, "refund": -0.3}
    assert (found.added, found.gone) == (("chat",), ("fax",))
    assert not found.is_same_data


def test_what_changed_is_told(registry: Registry, pair: tuple[str, str]) -> None:
    output = told(registry, "compare", "previous")
    assert "+5.0" in output
    assert "New intents: chat" in output
    assert "Intents that are gone: fax" in output
    assert output.index("Better") < output.index("cancel") < output.index("Worse") < output.index("refund")
    assert "a point or two is chance" in output
    assert "chance" not in told(registry, "compare", pair[0], pair[0])


def test_a_release_is_shown_by_name_or_as_the_current_one(registry: Registry, pair: tuple[str, str]) -> None:
    output = told(registry, "show")
    assert pair[1] in output
    assert "1,200 dialogues, 30 labelled messages" in output
    assert "85.0% (held-back dialogues)" in output
    assert pair[0] in told(registry, "show", "previous")
    assert pair[0] in told(registry, "show", pair[0])


def test_promoting_and_going_back(registry: Registry, pair: tuple[str, str]) -> None:
    (registry.folder.parent / "kefu.toml").write_text("")
    assert told(registry, "promote", pair[0]) == f"{pair[0]} is current.\n"
    assert told(registry, "promote", pair[1]) == f"{pair[1]} is current.\n"
    assert told(registry, "rollback") == f"{pair[0]} is current.\n"
    assert registry.current_name() == pair[0]


def test_a_report_that_cant_be_read_is_named(registry: Registry, pair: tuple[str, str]) -> None:
    (registry.folder / pair[0] / "report.json").write_text("{")
    with pytest.raises(TrainingError, match=r"report\.json: can't be read"):
        told(registry, "compare", "previous")
