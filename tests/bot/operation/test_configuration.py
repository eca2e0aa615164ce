"""What a desk is set up with: all that is wrong is told at once, by every command in the same words, and no secret."""

import json
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from bot.operation.configuration import checked_settings
from bot.secrets.environment import environment_problems
from bot.settings import SettingsError, load_settings
from bot.store.sealing.keyring import new_key

SECRET = "hushhush"
NAMES = ("KEFU_DATABASE_URL", "KEFU_ENCRYPTION_KEY", "KEFU_API_KEY", "KEFU_SIGNING_KEY", "TELEGRAM_BOT_TOKEN")
SETTINGS = """
[telegram.bots.second]
token_env = "SECOND"
[watch]
webhook = "$HOOK"
[actions.get_order]
url = "https://orders.example/"
headers = { A = "Bearer $ORDERS_TOKEN", B = "$ORDERS_USER:$ORDERS_TOKEN" }
"""
ANSWERS = """
- {id: hello, intent: hello, variants: [Hello!], action: wave}
- {id: hello, intent: hello, variants: ["{{ nobody }}"], action: wave}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*NAMES, "SECOND", "HOOK", "ORDERS_TOKEN", "ORDERS_USER"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "all.yaml").write_text("- {id: hello, intent: hello, variants: [Hello!]}\n")
    (tmp_path / "kefu.toml").write_text("")
    return tmp_path


def problems(workspace: Path, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return list(environment_problems(load_settings(workspace), workspace))


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("KEFU_DATABASE_URL", SECRET, "wanted sqlite:///file or postgresql://"),
        ("KEFU_DATABASE_URL", f"mysql://me:{SECRET}@db/kefu", "wanted sqlite or postgresql"),
        (
            "KEFU_DATABASE_URL",
            f"postgresql://db.example:{SECRET}/kefu",
            "wanted sqlite:///file or postgresql://",
        ),
        ("KEFU_DATABASE_URL", "sqlite://", "names no file"),
        ("KEFU_ENCRYPTION_KEY", SECRET, "wanted keys as `kefu encrypt --new-key` makes them"),
        ("KEFU_ENCRYPTION_KEY", f"{'A' * 43}= {SECRET}!", "key 2"),
        ("KEFU_API_KEY", f" {SECRET}", "wanted printable signs"),
        ("KEFU_API_KEY", f"{SECRET}\n{SECRET}", "wanted printable signs"),
        ("TELEGRAM_BOT_TOKEN", SECRET, "wanted a token as @BotFather gives it"),
    ],
)
def test_a_variable_of_another_form_is_named_with_what_is_wanted_and_not_shown(
    name: str, value: str, wanted: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told] = problems(workspace, {name: value}, monkeypatch)
    assert told.startswith(f"environment: {name}")
    assert wanted in told
    assert SECRET not in told


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_that_is_set_twice_or_whose_file_cannot_be_read_is_named(
    name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = workspace / "away"
    [told] = problems(workspace, {f"{name}_FILE": str(away)}, monkeypatch)
    assert told == f"environment: {name}_FILE: {away} can't be read: No such file or directory"
    [told] = problems(workspace, {name: SECRET}, monkeypatch)
    assert told == f"environment: {name} and {name}_FILE are both set; wanted one of them"


def test_an_environment_as_it_should_be_has_no_problem(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "kefu.toml").write_text(SETTINGS)
    (workspace / "key").write_text(f"{new_key()}\n")
    environment = {
        "KEFU_DATABASE_URL": "postgresql://kefu:pass%2Fword@db.example/kefu", "KEFU_ENCRYPTION_KEY_FILE": str(workspace / "key"),
        "KEFU_API_KEY": "a key", "KEFU_SIGNING_KEY": "k", "TELEGRAM_BOT_TOKEN": "1:a", "SECOND": "2:b",
        "HOOK": "https://chat.example/hooks/1?a=b", "ORDERS_TOKEN": "t", "ORDERS_USER": "u",
    }  # fmt: skip
    assert problems(workspace, environment, monkeypatch) == []


def test_what_settings_name_is_told_with_its_key(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "kefu.toml").write_text(SETTINGS)
    told = problems(workspace, {"HOOK": f"chat {SECRET}", "ORDERS_USER": "sam"}, monkeypatch)
    path = workspace / "kefu.toml"
    not_set = "the environment variable ORDERS_TOKEN is not set, nor ORDERS_TOKEN_FILE"
    assert told == [
        f"{path}: telegram.bots.second.token_env: the environment variable SECOND is not set",
        f"{path}: actions.get_order.headers.A: {not_set}",
        f"{path}: actions.get_order.headers.B: {not_set}",
        "environment: HOOK: met a value that is not shown; wanted an address such as 'https://chat.example/hooks/1'",
    ]


def test_every_command_tells_all_of_it_in_the_same_words(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "kefu.toml").write_text(SETTINGS)
    (workspace / "entities.yaml").write_text("a: {kind: x}\n")
    (workspace / "answers" / "all.yaml").write_text(ANSWERS)
    monkeypatch.setenv("KEFU_API_KEY", f"{SECRET}\n{SECRET}")
    run = CliRunner()

    validated = run.invoke(kefu, ["validate", str(workspace)]).output.splitlines()[:-1]
    examined = json.loads(run.invoke(kefu, ["doctor", "-w", str(workspace), "--json"]).stdout)
    with pytest.raises(SettingsError) as refused:
        checked_settings(workspace)

    checks = ("settings", "answers")
    assert [one["text"] for one in examined if one["check"] in checks] == validated
    assert str(refused.value).splitlines() == validated
    for words in ("SECOND", "headers.A", "headers.B", "HOOK", "entities.yaml:1", "KEFU_API_KEY", "all.yaml:3: answer id",
                  "all.yaml:3: 'nobody'"):  # fmt: skip
        assert any(words in line for line in validated), words
    assert SECRET not in "".join(traceback.format_exception(refused.value)) + str(validated) + str(examined)


def test_serve_refuses_to_start_with_a_line_for_each(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "kefu.toml").write_text("[web]\nprt = 1\n")
    (workspace / "answers" / "all.yaml").write_text("- 5\n")
    monkeypatch.setenv("KEFU_DATABASE_URL", SECRET)
    with pytest.raises(SettingsError) as refused:
        CliRunner().invoke(kefu, ["serve", "-w", str(workspace)], catch_exceptions=False)
    told = str(refused.value).splitlines()
    assert [
        words in line
        for words, line in zip(("web.prt", "KEFU_DATABASE_URL", "all.yaml:1"), told, strict=True)
    ] == [True] * 3


def test_without_settings_the_environment_and_the_texts_are_still_read(workspace: Path) -> None:
    (workspace / "kefu.toml").unlink()
    (workspace / "answers" / "all.yaml").write_text("- {id: a, intent: a, variants: x, action: any}\n- 5\n")
    with pytest.raises(SettingsError) as refused:
        checked_settings(workspace)
    told = str(refused.value).splitlines()
    assert len(told) == 2
    assert "kefu.toml: not found" in told[0]
    assert "all.yaml:2" in told[1]
