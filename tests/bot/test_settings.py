"""kefu.toml: what is refused, and with which words."""

import traceback
from pathlib import Path

import pytest

from bot.settings import SettingsError, load_settings


def write(folder: Path, text: str) -> Path:
    (folder / "kefu.toml").write_text(text, "utf-8")
    return folder


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    assert settings.web.port == 8080
    assert settings.folder == tmp_path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[web]\nprt = 1", r"kefu.toml: web.prt: met 1"),
        ("[decide]\nmax_wrong_answers = 5", r"decide.max_wrong_answers: met 5; .* less than 1"),
        ("[desk]\ntime_zone = 'Mars'", r"desk.time_zone: met 'Mars'; .*Europe/London"),
        ("[web]\nallowed_origins = ['shop.example']", r"'shop.example' is no origin"),
        ("[web]\npublic_url = 'desk'", r"web.public_url: met 'desk'; .*https://"),
        (
            "[web]\npublic_url = 'https://a[]@'",
            r"web.public_url: met .* not shown; .*https://",
        ),  # a password may stand before an @
        ("[web]\npublic_url = 'https://a:port/'", r"web.public_url: met 'https://a:port/'; .*https://"),
        ("[watch]\nwebhook = 'https://a[]@/hooks'", r"watch.webhook: .*wanted an address"),
        ("[web]\ntrusted_proxies = ['proxy']", r"web.trusted_proxies: .*'proxy'"),
        ("[actions.get_order]\nmethod = 'GET'", r"actions.get_order.url"),
        ("folder = '/elsewhere'", r"folder: met '/elsewhere'"),
        ("[desk", r"not TOML"),
        (f"a = {'9' * 5000}", r"not TOML"),
        (f"a = {'[' * 5000}", r"not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(write(tmp_path, text))


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="kefu init"):
        load_settings(tmp_path)


def test_the_log_lies_in_the_workspace_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(write(tmp_path, ""))
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)
    assert settings.database_url.endswith(f"{tmp_path.resolve()}/kefu.db")
    monkeypatch.setenv("KEFU_DATABASE_URL", "postgresql://desk@db/kefu")
    assert settings.database_url == "postgresql://desk@db/kefu"


def test_all_that_is_wrong_is_told_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    write(
        tmp_path, "[web]\nprt = 1\nhost = 5\n[desk]\nnam = 'x'\n[actions.a]\nurl = 'u'\ntimeout = 3\n[wb]\n"
    )
    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path)
    lines = str(error.value).splitlines()
    assert len(lines) == 5
    assert all(line.startswith(f"{tmp_path / 'kefu.toml'}: ") for line in lines)
    for key, near in (
        ("web.prt", "port"),
        ("desk.nam", "name"),
        ("actions.a.timeout", "timeout_s"),
        ("wb", "web"),
    ):
        assert any(f": {key}: " in line and line.endswith(f"did you mean {near!r}?") for line in lines), key


def test_what_no_single_value_is_wrong_by_is_told_with_the_rest(tmp_path: Path) -> None:
    write(
        tmp_path,
        "folder = 'x'\n[telegram]\nwebhook = true\npoll = 1\n[web]\npublic_url = 'ftp://me:hushhush@desk'\n",
    )
    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path)
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == [
        "folder", "telegram.webhook", "telegram.poll", "web.public_url",
    ]  # fmt: skip
    assert "hushhush" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "[telegram]\ntoken = '1:hushhush'",
        "[watch]\nwebhook = 'hushhush'",
        "[actions.a]\nheaders = { A = 'hushhush' }",
        "[actions.a]\nurl = 'u'\nheaders = ['hushhush']",
        "[web]\npublic_url = 'x://me:hushhush@desk'",
        "[desk]\ndatabase = 'postgresql://me:hushhush@db/kefu'",
        "api_key = 'hushhush'",
    ],
)
def test_what_may_be_secret_is_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path, text))
    shown = "".join(traceback.format_exception(error.value))
    assert "kefu.toml: " in shown
    assert "hushhush" not in shown
