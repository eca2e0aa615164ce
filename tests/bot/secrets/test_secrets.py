"""Where secrets come from, where they don't belong, and what is written of them: nothing."""

import logging
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.secrets.masking import MASK, MaskedFormatter, masked
from bot.secrets.values import MAX_BYTES, SecretError, secret, with_secrets
from bot.secrets.warnings import secret_warnings
from bot.settings import SettingsError, load_settings


def test_a_secret_is_taken_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  12:abc\n", "utf-8")
    assert secret("TOKEN", {"TOKEN": "12:abc"}) == "12:abc"
    assert secret("TOKEN", {"TOKEN_FILE": str(tmp_path / "token")}) == "12:abc"
    assert secret("TOKEN", {}) == ""


def test_a_secret_that_cannot_be_had_is_told_without_it(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", "utf-8")
    (tmp_path / "large").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, words in {
        "none": "can't be read",
        "empty": "empty",
        "large": "too large",
        "bytes": "UTF-8",
    }.items():
        with pytest.raises(SecretError, match=f"TOKEN_FILE: .*{words}"):
            secret("TOKEN", {"TOKEN_FILE": str(tmp_path / name)})
    with pytest.raises(SecretError, match="TOKEN and TOKEN_FILE are both set") as met:
        secret("TOKEN", {"TOKEN": "s3cret-one", "TOKEN_FILE": str(tmp_path / "none")})
    assert "s3cret" not in str(met.value)


def test_each_variable_of_a_text_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("two", "utf-8")
    environment = {"A": "one", "B_FILE": str(tmp_path / "file")}
    assert with_secrets("Bearer $A.$B", environment, "here") == "Bearer one.two"
    with pytest.raises(BotError, match="here: the environment variable C is not set, nor C_FILE"):
        with_secrets("$C", environment, "here")


def test_secrets_are_masked_in_lines_and_tracebacks() -> None:
    url = "postgresql://desk:p%40ss-word-1@db/kefu"
    secret("KEFU_DATABASE_URL", {"KEFU_DATABASE_URL": url})
    secret("KEFU_API_KEY", {"KEFU_API_KEY": "key/of+32=bytes"})
    formatter = MaskedFormatter(logging.Formatter("%(message)s"))
    try:
        raise ValueError("can't log in with p@ss-word-1")
    except ValueError as error:
        record = logging.LogRecord("x", 40, "x.py", 1, "asked %s", ("/?k=key%2Fof%2B32%3Dbytes",), None)
        record.exc_info = (type(error), error, error.__traceback__)
    text = formatter.format(record)
    assert "ss-word" not in text
    assert "of%2B32" not in text
    assert text.count(MASK) >= 2
    assert masked(f"{url} and key/of+32=bytes") == f"{MASK} and {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "[actions.a]\nurl = 'https://x.example/'\nheaders = { Authorization = 'Bearer s3cret-one' }",
        "[actions.a]\nurl = 'https://x.example/'\nheaders = { X-Api-Key = 's3cret-one' }",
        "[actions.a]\nurl = 'https://me:s3cret-one@x.example/'",
        "[actions.a]\nurl = 'https://x.example/?api_key=s3cret-one'",
        "[watch]\nwebhook = 'https://x.example/hook?token=s3cret-one'",
        "[actions.a]\nurl = 'http://x.example/'\nheaders = { Authorization = 'Bearer $NAME' }",
    ],
)
def test_a_secret_written_out_is_warned_of_and_not_printed(tmp_path: Path, text: str) -> None:
    (tmp_path / "kefu.toml").write_text(text, "utf-8")
    settings = load_settings(tmp_path)
    [warning] = secret_warnings(settings)
    assert "s3cret" not in warning + repr(settings) + str(settings)


def test_what_is_right_is_not_warned_of(tmp_path: Path) -> None:
    text = """
        [watch]
        webhook = "$ALERTS"
        [actions.a]
        url = "https://x.example/?key={{ order_number }}"
        headers = { Authorization = "Bearer $TOKEN", Accept = "application/json" }
        [actions.b]
        url = "http://127.0.0.1:8081/"
        headers = { Authorization = "Bearer $TOKEN" }
    """
    (tmp_path / "kefu.toml").write_text(text, "utf-8")
    assert list(secret_warnings(load_settings(tmp_path))) == []


@pytest.mark.parametrize(
    "text",
    [
        "[actions.a]\nurl = 'https://x.example/'\nheaders = { Authorization = ['s3cret-one'] }",
        "[actions.a]\nurl = ['s3cret-one']",
        "[watch]\nwebhook = 's3cret-one'",
        "[web]\napi_key = 's3cret-one'",
        "[telegram]\ntoken = 's3cret-one'",
    ],
)
def test_an_error_does_not_quote_what_may_be_a_secret(tmp_path: Path, text: str) -> None:
    (tmp_path / "kefu.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as met:
        load_settings(tmp_path)
    assert "s3cret" not in str(met.value)
