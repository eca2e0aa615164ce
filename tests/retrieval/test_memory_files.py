"""The index and the examples of a release fit each other, or are refused with the reason."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import RetrievalError
from retrieval.example_files import columns_file
from retrieval.examples import Examples
from retrieval.memory import Example, Memory, load_memory


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Path]:
    """Two examples on disk."""
    index, examples = tmp_path / "examples.faiss", tmp_path / "examples.jsonl"
    known = [Example("where is it\u2028please", "order_status"), Example("hi", "greeting")]
    Memory(known, np.eye(2, dtype=np.float32)).save(index, examples)
    return index, examples


def test_what_was_saved_is_found_again(saved: tuple[Path, Path]) -> None:
    memory = load_memory(*saved)
    [(nearest, similarity)] = memory.search(np.array([1, 0], np.float32), 1)
    assert nearest == Example("where is it\u2028please", "order_status")
    assert similarity == pytest.approx(1)


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b"\0" * 100])
def test_what_is_no_index_is_named(content: bytes, saved: tuple[Path, Path]) -> None:
    index, examples = saved
    index.write_bytes(content)
    with pytest.raises(RetrievalError, match=f"{index}: not a FAISS index"):
        load_memory(index, examples)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"text": "hi"}\n', ":1: not an example: KeyError"),
        (b"null\n", ":1: not an example: TypeError"),
        (b'{"text": "hi", "intent": "greeting"}\n[', ":2: not an example: JSONDecodeError"),
        (b'{"text": "hi", "intent": "greeting"}\n', ": 1 examples, but examples.faiss holds 2 vectors"),
        (b"\xff", ": can't be read"),
    ],
)
def test_what_are_no_examples_is_named_with_its_line(
    content: bytes, reason: str, saved: tuple[Path, Path]
) -> None:
    index, examples = saved
    examples.write_bytes(content)
    with pytest.raises(RetrievalError, match=f"{examples}{reason}"):
        load_memory(index, examples)


def test_lines_that_were_edited_count_as_they_are_now(saved: tuple[Path, Path]) -> None:
    index, examples = saved
    examples.write_text(examples.read_text("utf-8").replace("greeting", "hello"), "utf-8")
    memory = load_memory(index, examples)
    assert set(memory.intents) == {"order_status", "hello"}
    assert memory.word_scores("hi", ("order_status", "hello")).tolist() == [pytest.approx(-3, abs=3), 0]


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_columns_that_are_lost_are_made_again(content: bytes | None, saved: tuple[Path, Path]) -> None:
    index, examples = saved
    before = load_memory(index, examples)
    columns_file(examples).unlink()
    if content is not None:
        columns_file(examples).write_bytes(content)
    after = load_memory(index, examples)
    assert after.intents == before.intents
    np.testing.assert_allclose(
        after.word_scores("hi", after.intents), before.word_scores("hi", before.intents)
    )
    after.learn(Example("HI", "hello", 1), np.array([0, 1], np.float32))
    assert after.search(np.array([0, 1], np.float32), 1)[0][0] == Example("HI", "hello", 1)


def test_what_is_removed_leaves_no_words_behind() -> None:
    examples = Examples([Example("hi", "greeting")])
    row = examples.add(Example("my number is 4711", "greeting", 1))
    assert examples.remove(row) == Example("my number is 4711", "greeting", 1)
    assert examples.lines() == b'{"text": "hi", "intent": "greeting"}\n'
    assert b"4711" not in examples._lines
