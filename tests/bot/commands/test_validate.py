"""`kefu validate`: all that is wrong, at once, with file and line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu

SHOP = Path(__file__).parents[3] / "examples" / "shop"
HELLO: dict[str, Any] = {"id": "a", "turns": [{"speaker": "customer", "text": "hi"}]}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("releases", "kefu.db*"))
    )


def run(*words: str) -> Result:
    return CliRunner().invoke(kefu, ["validate", *words], catch_exceptions=False)


def test_nothing_is_wrong_with_the_demo_shop(shop: Path) -> None:
    for words in ((str(shop),), ("-w", str(shop))):
        result = run(*words)
        assert (result.exit_code, result.output) == (0, "Nothing is wrong.\n")


def test_every_part_of_a_workspace_is_checked_at_once(shop: Path) -> None:
    (shop / "kefu.toml").write_text('[desk]\nlanguage = "xx"\nnam = "x"\n')
    (shop / "entities.yaml").write_text("order_number: {patterns: [{regex: '('}]}\na: {kind: x}\n")
    for path in (shop / "answers").glob("*.yaml"):
        path.unlink()
    (shop / "answers" / "1.yaml").write_text("- {id: 1, intent: i, variants: v}\n- {id: a, intent: i}\n")
    (shop / "answers" / "2.yaml").write_text("- {id: [\n")
    (shop / "knowledge" / "empty.md").write_text("")
    (shop / "dialogues" / "bad.jsonl").write_text('{"id": "a"}\n{nope\n')
    result = run(str(shop))
    assert result.exit_code == 1
    told = result.output.splitlines()
    for words in ("kefu.toml: desk.language: met 'xx'", "kefu.toml: desk.nam: met 'x'", "entities.yaml:1: not a regular", "entities.yaml:2: kind is 'x'",
                  "1.yaml:1: id is 1", "1.yaml:2: an answer without variants", "2.yaml:2: not YAML", "empty.md: no text",
                  "bad.jsonl:1: turns: met None", "bad.jsonl:2: not JSON"):  # fmt: skip
        assert sum(words in line for line in told) == 1, words
    assert told[-1] == "10 problems"


@pytest.mark.parametrize("entity", ["text", "order_number", "courier"])
def test_a_slot_is_filled_by_words_a_rule_or_what_was_labelled(shop: Path, entity: str) -> None:
    answer = f"- {{id: x, intent: y, variants: z, slots: [{{name: s, entity: {entity}, ask: which?}}]}}\n"
    (shop / "answers" / "more.yaml").write_text(answer)
    turn = HELLO["turns"][0] | {"entities": [{"start": 0, "end": 2, "label": "courier"}]}
    (shop / "dialogues" / "more.jsonl").write_text(json.dumps(HELLO | {"turns": [turn]}))
    assert run(str(shop)).exit_code == 0
    (shop / "answers" / "more.yaml").write_text(answer.replace(f"entity: {entity}", "entity: curier"))
    told = run(str(shop)).output
    assert (
        "answer 'x' has a slot for entity type 'curier', which is neither in entities.yaml nor in the dial"
        in told
    )
    assert told.endswith("1 problem\n")


def test_every_slot_that_nothing_can_fill_is_named_with_its_place(shop: Path) -> None:
    slots = ", ".join(f"{{name: {name}, entity: {name}, ask: which?}}" for name in ("curier", "wether"))
    (shop / "answers" / "more.yaml").write_text(f"- {{id: x, intent: y, variants: z, slots: [{slots}]}}\n")
    told = run(str(shop)).output.splitlines()
    assert [line.partition(", which")[0] for line in told[:-1]] == [
        f"{shop}/answers/more.yaml:1: answer 'x' has a slot for entity type {name!r}"
        for name in ("curier", "wether")
    ]


def test_the_environment_is_left_out_where_secrets_are_not_at_hand(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_BOT", raising=False)
    with (shop / "kefu.toml").open("a") as file:
        file.write('\n[telegram.bots.second]\ntoken_env = "SHOP_BOT"\n')
    told = run(str(shop))
    assert (
        told.exit_code,
        "telegram.bots.second.token_env: the environment variable SHOP_BOT" in told.output,
    ) == (1, True)
    assert run(str(shop), "--no-environment").exit_code == 0


def test_files_of_dialogues_are_checked_together(tmp_path: Path) -> None:
    for name in ("1.jsonl", "2.jsonl"):
        (tmp_path / name).write_text(json.dumps(HELLO))
    result = run(str(tmp_path / "1.jsonl"), str(tmp_path / "2.jsonl"))
    assert result.exit_code == 1
    assert f"{tmp_path / '2.jsonl'}:1: id: met 'a', wanted an id of its own" in result.output
    assert result.output.endswith("1 problem\n")


def test_the_rest_of_many_problems_is_counted(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n" * 40)
    told = run(str(tmp_path / "bad.jsonl"), "--most", "3").output.splitlines()
    assert len(told) == 4
    assert told[-1] == "80 problems; 77 more are not listed (--most)"


def test_a_file_that_is_missing_is_an_error_of_usage(tmp_path: Path) -> None:
    assert run(str(tmp_path / "missing.jsonl")).exit_code == 2


def test_a_long_validation_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.progress.QUIET_S", 0.0)
    shown: list[float] = []
    monkeypatch.setattr("bot.progress.Progress.update", lambda *_, completed: shown.append(completed))
    (tmp_path / "many.jsonl").write_text(
        "".join(json.dumps({**HELLO, "id": str(i)}) + "\n" for i in range(2000))
    )
    assert run(str(tmp_path / "many.jsonl")).exit_code == 0
    assert min(shown) < 0.5
    assert max(shown) == 1.0
