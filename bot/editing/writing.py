"""Texts, phrasings and whole answers as YAML writes them."""

import json
import re

from bot.editing.fields import ANY_LANGUAGE, EntryFields, Texts

# Read back as the same text wherever it stands, also between brackets.
_PLAIN = re.compile(r"[^\W\d_][\w ?!'’./-]*")
_OTHER_MEANING = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def quoted(text: str) -> str:
    """On one line, in double quotes."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)


def scalar(text: str, *, is_plain: bool = False) -> str:
    """In quotes, or without where they were left out before and aren't needed."""
    is_safe = is_plain and _PLAIN.fullmatch(text) and text.strip() == text
    return text if is_safe and text.lower() not in _OTHER_MEANING else quoted(text)


def list_item(text: str, indent: str) -> str:
    """A text of a list with its dash, several lines of it line by line."""
    several = text.split("\n")
    is_odd = not text[0].strip() or any(line != line.rstrip() or not line.isprintable() for line in several)
    if len(several) == 1 or is_odd:
        return f"{indent}- {quoted(text)}\n"
    lines = "".join(f"{indent}  {line}".rstrip() + "\n" for line in several)
    return f"{indent}- |-\n{lines}"


def are_single(new: Texts) -> bool:
    """Whether each language has one text."""
    return all(len(texts) == 1 for texts in new.values())


def flow(texts: tuple[str, ...]) -> str:
    """One text, or several in brackets."""
    return quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(quoted, texts))}]"


def flow_value(new: Texts) -> str:
    """A phrasing on one line."""
    if list(new) == [ANY_LANGUAGE]:
        return flow(new[ANY_LANGUAGE])
    return "{" + ", ".join(f"{language}: {flow(texts)}" for language, texts in new.items()) + "}"


def block_value(new: Texts, indent: str) -> str:
    """What comes after "key:", from a space or a line break on."""
    deeper = indent + "  "
    if list(new) == [ANY_LANGUAGE]:
        texts = new[ANY_LANGUAGE]
        items = "".join(list_item(text, deeper) for text in texts)
        return f" {quoted(texts[0])}\n" if len(texts) == 1 else f"\n{items}"
    return "\n" + "".join(block(language, texts, deeper) for language, texts in new.items())


def block(language: str, texts: tuple[str, ...], indent: str) -> str:
    """The texts of a language, each on a line of its own."""
    return f"{indent}{language}:\n" + "".join(list_item(text, indent + "  ") for text in texts)


def new_entry(answer_id: str, intent: str, fields: EntryFields) -> str:
    """An answer as text, in the manner of the demo shop's."""
    lines = [f"- id: {answer_id}\n", f"  intent: {intent}\n"]
    if fields.title:
        lines.append(f"  title: {flow_value(fields.title)}\n")
    lines.append("  variants:" + block_value(fields.variants, "  "))
    return "".join(lines) + ("  hand_over: true\n" if fields.hand_over else "")
