"""Knowledge articles: Markdown files and tables of questions become short passages with their source."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import Problems, RetrievalError

WANTED_WORDS = 120  # of a passage: enough to answer, short enough for a chat
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article. `source` is "file.md#heading"; `title` "Article: heading"; `text` is plain.

    Of a table it is a piece of an answer, `source` "file.csv#line" and `title` the question."""

    id: str
    title: str
    text: str
    source: str


@dataclass(slots=True)
class _Section:
    heading: str
    blocks: list[str] = field(default_factory=list)


def load_articles(folder: Path) -> tuple[Passage, ...]:
    """Every *.md and *.csv of a folder (in order of their names) as passages; none where there is no such folder.

    Raises RetrievalError with a line for each file that is not UTF-8, has no text, or is a table without questions and
    answers, and for each row of one that lacks either."""
    problems = Problems()
    none: tuple[Passage, ...] = ()
    read = [problems.attempt(none, read_article, path) for path in article_files(folder)]
    problems.raise_all()
    return tuple(passage for passages in read for passage in passages)


def article_files(folder: Path) -> list[Path]:
    """The files that `load_articles` reads."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".md", ".csv"))


def read_article(path: Path) -> tuple[Passage, ...]:
    """One file as passages of about WANTED_WORDS, never across a heading or a row."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RetrievalError(f"{path}: not a text in UTF-8: {error}") from error
    passages = _questions(path, text) if path.suffix == ".csv" else _article(path, text)
    if not passages:
        raise RetrievalError(f"{path}: no text in it; wanted an article or questions with answers")
    return tuple(passages)


def _questions(path: Path, text: str) -> list[Passage]:
    """The rows of a table with the columns question and answer; others are passed over."""
    passages: list[Passage] = []
    problems = Problems()
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip().casefold() for name in next(rows, [])]
        if not {"question", "answer"} <= set(header):
            raise RetrievalError(f"{path}:1: met the columns {', '.join(header)}; wanted question and answer")
        line = rows.line_num + 1
        for row in rows:
            cells = dict(zip(header, map(str.strip, row), strict=False))
            if any(cells.values()):
                question, answer = cells.get("question", ""), cells.get("answer", "")
                passages += problems.attempt([], _answer, path, line, question, answer, len(passages))
            line = rows.line_num + 1
    except csv.Error as error:
        problems.add(f"{path}:{rows.line_num}: not CSV: {error}")
    problems.raise_all()
    return passages


def _answer(path: Path, line: int, question: str, answer: str, n_before: int) -> list[Passage]:
    if not question or not answer:
        raise RetrievalError(f"{path}:{line}: a row without {'an answer' if question else 'a question'}")
    blocks = [block.strip() for block in answer.splitlines() if block.strip()]
    return [
        Passage(f"article:{path.stem}#{n}", question, piece, f"{path.name}#{line}")
        for n, piece in enumerate(_pieces(blocks), n_before + 1)
    ]


def _article(path: Path, text: str) -> list[Passage]:
    sections = _sections(text)
    passages: list[Passage] = []
    article = next((section.heading for section in sections if section.heading), path.stem)
    for section in sections:
        title = article if section.heading in ("", article) else f"{article}: {section.heading}"
        source = f"{path.name}#{_anchor(section.heading)}" if section.heading else path.name
        for piece in _pieces(section.blocks):
            passages.append(Passage(f"article:{path.stem}#{len(passages) + 1}", title, piece, source))
    return passages


def _sections(markdown: str) -> list[_Section]:
    from markdown_it import MarkdownIt  # only needed where articles are read

    sections, markers, in_heading = [_Section("")], list[str](), False
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "heading_open":
            in_heading = True
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            markers.append("- " if token.type.startswith("bullet") else "1. ")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            markers.pop()
        elif token.type == "list_item_open" and token.info:
            markers[-1] = f"{token.info}. "
        elif token.type == "inline":
            text = "".join(_plain(child.type, child.content) for child in token.children or ()).strip()
            if in_heading:
                sections.append(_Section(text))
            elif text:
                sections[-1].blocks.append((markers[-1] if markers else "") + text)
            in_heading = False
        elif token.type in ("fence", "code_block"):
            sections[-1].blocks.append(token.content.strip())
    return sections


def _plain(kind: str, content: str) -> str:
    if kind in ("softbreak", "hardbreak"):
        return " "
    return content if kind in ("text", "code_inline", "image") else ""


def _pieces(blocks: list[str]) -> Iterator[str]:
    """Join blocks into pieces of about WANTED_WORDS; list items stay on lines of their own."""
    piece: list[str] = []
    for block in (part for long_block in blocks for part in _split_long(long_block)):
        if piece and _words("\n".join(piece)) + _words(block) > WANTED_WORDS * 5 // 4:
            yield "\n".join(piece)
            piece = []
        piece.append(block)
    if piece:
        yield "\n".join(piece)


def _split_long(block: str) -> Iterator[str]:
    if _words(block) <= WANTED_WORDS * 3 // 2:
        yield block
        return
    part = ""
    for sentence in SENTENCE_END.split(block):
        if part and _words(part) + _words(sentence) > WANTED_WORDS:
            yield part
            part = ""
        part = f"{part} {sentence}".strip()
    yield part


def _words(text: str) -> int:
    # Two Chinese characters carry about as much as one English word.
    han = len(re.findall(r"[\u3400-\u9fff]", text))
    return len(re.findall(r"[^\s\u3400-\u9fff]+", text)) + han // 2


def _anchor(heading: str) -> str:
    return re.sub(r"[\s_]+", "-", re.sub(r"[^\w\s-]", "", heading.lower())).strip("-")
