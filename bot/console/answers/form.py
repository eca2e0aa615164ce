"""An answer as a form: what was typed, and how that is laid out by language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import MultiMapping

from bot.editing.errors import EditRefused
from bot.editing.fields import ANY_LANGUAGE, EntryFields, Texts
from bot.wording import LANGUAGES

TITLE, VARIANTS = "title:", "variants:"  # before a language in a field's name
MAX_LANGUAGES = 40
MAX_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as they were typed; `base` is the fingerprint of the entry that was opened. `yaml` is the whole entry
    where that was edited; id, intent, file and examples (one a line) are those of a new answer."""

    base: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    variants: Texts = field(default_factory=dict)
    hand_over: bool = False
    yaml: str = ""
    id: str = ""
    intent: str = ""
    file: str = ""
    examples: str = ""

    @property
    def questions(self) -> tuple[str, ...]:
        """The examples, each once."""
        lines = (line.strip() for line in self.examples.splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))[:MAX_EXAMPLES]


@dataclass(frozen=True, slots=True)
class Group:
    """The texts of one language in the form."""

    language: str
    title: str
    variants: tuple[str, ...]


def read_typed(form: MultiMapping[object]) -> Typed:
    """What a form holds; several fields of one name are variants in order."""
    names = list(dict.fromkeys(str(name) for name in form))
    titles = {name.removeprefix(TITLE): _text(form, name) for name in names if name.startswith(TITLE)}
    variants = {
        name.removeprefix(VARIANTS): tuple(text for one in form.getall(name) if (text := _clean(one)))
        for name in names
        if name.startswith(VARIANTS)
    }
    return Typed(
        base=_text(form, "base"),
        title={language: text for language, text in titles.items() if text},
        variants={language: texts for language, texts in variants.items() if texts},
        hand_over=_text(form, "hand_over") == "yes",
        yaml=_clean(form.get("yaml", ""), is_stripped=False),
        id=_text(form, "id"),
        intent=_text(form, "intent"),
        file=_text(form, "file"),
        examples=_clean(form.get("examples", "")),
    )


def typed_of(fields: EntryFields, *, base: str, yaml: str) -> Typed:
    """The form of an answer as it stands."""
    title = {language: texts[0] for language, texts in fields.title.items() if texts}
    return Typed(base, title, dict(fields.variants), fields.hand_over, yaml)


def groups_of(typed: Typed, languages: tuple[str, ...]) -> list[Group]:
    """By language: those that are written, then the others the desk speaks."""
    known = [code for code in (ANY_LANGUAGE, *languages) if code or ANY_LANGUAGE in typed.variants]
    order = dict.fromkeys((*typed.variants, *typed.title, *known))
    return [Group(code, typed.title.get(code, ""), typed.variants.get(code, ())) for code in order]


def fields_from(typed: Typed, old: EntryFields | None, *, language: str) -> EntryFields:
    """The entry's fields to be. Raises EditRefused where no text is left, or texts stand in no language."""
    if not typed.variants:
        raise EditRefused("an answer without a text; wanted at least one variant")
    titles = {code: (text, *_further(old, code)) for code, text in typed.title.items()}
    for code in (*typed.variants, *titles):
        if code not in {
            ANY_LANGUAGE,
            *LANGUAGES,
            *(old.variants if old else ()),
            *(old.title if old else ()),
        }:
            raise EditRefused(f"a text in {code[:20]!r}; wanted one of {', '.join(LANGUAGES)}")
    shared = old.shared if old is not None else frozenset()
    return EntryFields(
        old.title if old is not None and "title" in shared else _in_languages(titles, language),
        old.variants if old is not None and "variants" in shared else _in_languages(typed.variants, language),
        old.hand_over if old is not None and "hand_over" in shared else typed.hand_over,
        shared,
    )


def _in_languages(texts: Texts, language: str) -> Texts:
    """Texts without a language get one where others have theirs: the desk's, or the one that is left."""
    if ANY_LANGUAGE not in texts or len(texts) == 1:
        return texts
    free = [code for code in (language, *LANGUAGES) if code not in texts]
    if not free:
        raise EditRefused(
            f"texts for every language beside some for {', '.join(code for code in texts if code)}; wanted either"
        )
    return {(code or free[0]): several for code, several in texts.items()}


def _further(old: EntryFields | None, language: str) -> tuple[str, ...]:
    """A title may have several texts, of which buttons show the first: the others stay."""
    return tuple(old.title.get(language, ())[1:]) if old is not None else ()


def _text(form: MultiMapping[object], name: str) -> str:
    return _clean(form.get(name, ""))


def _clean(value: object, *, is_stripped: bool = True) -> str:
    """A text with plain line ends, and without what no text has."""
    if not isinstance(value, str):
        return ""
    text = value.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    text = "".join(one for one in text if one in "\n\t" or ord(one) >= 32)
    return text.strip() if is_stripped else text
