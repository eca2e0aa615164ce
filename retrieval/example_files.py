"""Examples and what is counted of them as files: lines for people, columns so that a million are read in seconds."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from retrieval.errors import RetrievalError
from retrieval.examples import Example, Examples
from retrieval.words import WordCounts


def columns_file(path: Path) -> Path:
    """Where the columns of a file of examples lie."""
    return path.with_name(f"{path.name}.columns")


def write_examples(examples: Examples, words: WordCounts, path: Path) -> None:
    """Write the examples line by line, and beside them what would be counted in them again.

    Raises OSError when the disk won't take them."""
    lines = examples.lines()
    path.write_bytes(lines)
    intents, owners, hashes = examples.columns()
    word_intents, keys, counts = words.arrays()
    columns: dict[str, NDArray[Any]] = {
        "owners": owners,
        "hashes": hashes,
        "word_keys": keys,
        "word_counts": counts,
    }
    about = {"sha256": sha256(lines).hexdigest(), "intents": intents, "word_intents": word_intents}
    try:
        save_file(columns, columns_file(path), {"about": json.dumps(about)})
    except SafetensorError as error:
        raise OSError(f"{columns_file(path)}: {error}") from error


def read_examples(path: Path) -> tuple[Examples, WordCounts]:
    """Read what `write_examples` wrote. Columns that are missing or of other lines are made again.

    Raises RetrievalError naming the file, and the line that is no example."""
    try:
        lines = path.read_bytes()
    except OSError as error:
        raise RetrievalError(f"{path}: can't be read: {error}") from error
    return _from_columns(lines, columns_file(path)) or _from_lines(lines, path)


def _from_columns(lines: bytes, path: Path) -> tuple[Examples, WordCounts] | None:
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            if about["sha256"] != sha256(lines).hexdigest():
                return None
            owners, hashes, keys, counts = map(
                file.get_tensor, ("owners", "hashes", "word_keys", "word_counts")
            )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return None
    words = WordCounts.of_arrays(about["word_intents"], keys, counts)
    return Examples.of_columns(lines, about["intents"], owners, hashes), words


def _from_lines(lines: bytes, path: Path) -> tuple[Examples, WordCounts]:
    try:
        # Not splitlines: a text may hold other line ends.
        found = list(filter(None, lines.decode("utf-8", "surrogatepass").split("\n")))
    except UnicodeDecodeError as error:
        raise RetrievalError(f"{path}: can't be read: {error}") from error
    examples = [_example(line, f"{path}:{number}") for number, line in enumerate(found, 1)]
    return Examples(examples), WordCounts((example.text, example.intent) for example in examples)


def _example(line: str, place: str) -> Example:
    try:
        row = json.loads(line)
        text, intent = row["text"], row["intent"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RetrievalError(f"{place}: not an example: {error!r}") from error
    if not isinstance(text, str) or not isinstance(intent, str):
        raise RetrievalError(f"{place}: not an example: met {line!r}, wanted a text and an intent")
    return Example(text, intent)
