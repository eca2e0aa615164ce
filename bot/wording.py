"""The desk's own wording: gettext catalogues under bot/locale, one for each language.

Every sentence is written once, in English, as the argument of `say`; after a change:

    pybabel extract -F pyproject.toml --keyword say --no-location --omit-header -o kefu.pot bot
    pybabel update --no-fuzzy-matching -D kefu -i kefu.pot -d bot/locale    # then translate
    pybabel compile -D kefu -d bot/locale"""

import re
from datetime import datetime
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from babel.dates import format_datetime

from bot.errors import BotError

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "zh": "中文"}

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


class Wording:
    """What the desk says in one language."""

    def __init__(self, language: str) -> None:
        path = LOCALE / language / "LC_MESSAGES" / "kefu.mo"
        if not path.is_file():
            raise BotError(f"no wording for language {language!r}; there is {', '.join(LANGUAGES)}")
        self.language = language
        with path.open("rb") as file:
            self._catalogue = GNUTranslations(file)

    def say(self, text: str, /, **values: object) -> str:
        """The sentence in this language, with {values} put in."""
        return self._catalogue.gettext(text).format(**values)

    def moment(self, when: datetime) -> str:
        """A day of the week and a time, as this language writes it; `when` is local already."""
        pattern = "EEEE HH:mm" if self.language == "en" else "EEEEHH:mm"
        return format_datetime(when, pattern, locale=self.language)


@cache
def wording(language: str) -> Wording:
    """The catalogue of a language of LANGUAGES; read once."""
    return Wording(language)


def choose_language(*, chosen: str, text: str, before: str, channel: str, desk: str) -> str:
    """The language to answer in: what the customer chose, else what is being written, else what was
    written before, else what the channel says of the customer, else the desk's own."""
    if chosen in LANGUAGES:
        return chosen
    if _HAN.search(text):
        return "zh"
    if len(_LATIN_WORD.findall(text)) >= 3:
        return "en"
    reported = channel.split("-")[0].split("_")[0].lower()
    return next((language for language in (before, reported, desk) if language in LANGUAGES), "en")
