"""The index and the examples of a release fit each other, or are refused with the reason."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import RetrievalError
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
