"""The catalogues: complete, compiled, and with the same values in every language."""

import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.errors import BotError
from bot.wording import LANGUAGES, LOCALE, Wording, choose_language, wording

BOT = Path(__file__).parents[2] / "bot"
WHERE = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
SAID = {str(message) for _, _, message, _, _ in extract_from_dir(BOT, WHERE, keywords={"say": None})}


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "kefu.po").open("rb") as file:
        return read_po(file, locale=language)


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    translated = {
        str(message.id)
        for message in catalogue(language)
        if message.id and message.string and not message.fuzzy
    }

    assert translated == SAID


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_take_the_same_values(language: str) -> None:
    for message in catalogue(language):
        assert names_in(str(message.string)) == names_in(str(message.id)), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))

    met = (LOCALE / language / "LC_MESSAGES" / "kefu.mo").read_bytes()

    assert met == compiled.getvalue(), "run: pybabel compile -D kefu -d bot/locale"


def test_chinese_is_chinese() -> None:
    assert wording("zh").say("Yes") == "是"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(BotError, match="'xx'"):
        Wording("xx")


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ({"chosen": "zh", "text": "where is my parcel"}, "zh"),
        ({"text": "我的订单"}, "zh"),
        ({"text": "where is my parcel", "desk": "zh"}, "en"),
        ({"text": "ok", "before": "zh"}, "zh"),
        ({"text": "LW-12345", "channel": "zh-Hans"}, "zh"),
        ({"channel": "fr", "desk": "zh"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_language_is_what_is_chosen_or_written_or_known(asked: dict[str, str], language: str) -> None:
    known = {"chosen": "", "text": "", "before": "", "channel": "", "desk": "en"}

    assert choose_language(**(known | asked)) == language
