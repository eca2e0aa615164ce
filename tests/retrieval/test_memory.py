"""Examples learned while the desk runs: found at once, by everybody, and whole again after a restart."""

import json
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import RetrievalError
from retrieval.memory import Example, Memory, as_neighbours, load_memory
from tests.retrieval.memory_stress import WIDTH, hurried, stress, vector_of


def memory_of(*examples: tuple[str, str]) -> Memory:
    vectors = np.array([vector_of(text) for text, _ in examples], np.float32).reshape(-1, WIDTH)
    return Memory([Example(text, intent) for text, intent in examples], vectors)


def nearest(memory: Memory, text: str) -> tuple[str, str, int | None]:
    example, similarity = memory.search(vector_of(text), 1)[0]
    assert similarity == pytest.approx(1, abs=5e-4)
    return example.text, example.intent, example.correction_id


def test_the_nearest_come_first() -> None:
    texts = [f"text {i}" for i in range(50)]
    memory = memory_of(*((text, "a") for text in texts))
    query = vector_of("something else")
    found = memory.search(query, 10)
    wanted = sorted(texts, key=lambda text: -float(vector_of(text) @ query))[:10]
    assert [example.text for example, _ in found] == wanted
    assert [similarity for _, similarity in found] == pytest.approx(
        [float(vector_of(text) @ query) for text in wanted], abs=5e-4
    )


@pytest.mark.parametrize("k", [1, 2, 3, 99])
def test_no_more_is_found_than_is_there(k: int) -> None:
    assert len(memory_of(("a", "x"), ("b", "y")).search(vector_of("a"), k)) == min(k, 2)


def test_an_empty_memory_finds_nothing_and_learns() -> None:
    memory = memory_of()
    assert memory.search(vector_of("a"), 5) == []
    assert (len(memory), memory.intents) == (0, ())
    memory.learn(Example("a", "x", 1), vector_of("a"))
    assert nearest(memory, "a") == ("a", "x", 1)


def test_what_is_learned_is_found_by_the_very_next_search() -> None:
    memory = memory_of(("a", "x"))
    for i in range(20):
        memory.learn(Example(f"new {i}", "y", i), vector_of(f"new {i}"))
        assert nearest(memory, f"new {i}") == (f"new {i}", "y", i)
    assert len(memory) == 21
    assert sorted(memory.intents) == ["x", "y"]


@pytest.mark.parametrize("intent", ["x", "y"])
def test_a_correction_takes_the_place_of_the_same_text(intent: str) -> None:
    memory = memory_of(("Where is it", "x"), ("cancel", "x"))
    memory.learn(Example("where is IT", intent, 1), vector_of("Where is it"))
    found = memory.search(vector_of("Where is it"), 2)
    assert [(e.text, e.intent, e.correction_id) for e, _ in found] == [
        ("where is IT", intent, 1),
        ("cancel", "x", None),
    ]


def test_a_correction_told_twice_is_learned_once() -> None:
    memory = memory_of(("a", "x"))
    for _ in range(2):
        memory.learn(Example("a", "y", 1), vector_of("a"))
    assert len(memory) == 1
    assert memory.unlearn(1)
    assert nearest(memory, "a") == ("a", "x", None)


def test_what_was_never_learned_cant_be_unlearned() -> None:
    memory = memory_of(("a", "x"))
    assert not memory.unlearn(1)
    memory.learn(Example("b", "x", 1), vector_of("b"))
    assert memory.unlearn(1)
    assert not memory.unlearn(1)
    assert len(memory) == 1


def test_an_intent_is_known_as_long_as_it_has_an_example() -> None:
    memory = memory_of(("a", "x"))
    memory.learn(Example("a", "y", 1), vector_of("a"))
    assert memory.intents == ("y",)
    memory.unlearn(1)
    assert memory.intents == ("x",)


def test_many_threads_lose_nothing() -> None:
    with hurried(cells_from=300):
        assert stress() == []


@pytest.mark.slow
def test_without_its_lock_threads_would_lose_something() -> None:
    # In a process of its own: FAISS may crash.
    command = [sys.executable, "-m", "tests.retrieval.memory_stress", "unsafe"]
    assert subprocess.run(command, capture_output=True).returncode != 0


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)


@settings(deadline=None)  # it writes files
@given(st.lists(st.tuples(texts, st.sampled_from(["a", "é", "b c", "取消"])), max_size=8))
def test_saved_and_loaded_it_finds_the_same(
    tmp_path_factory: pytest.TempPathFactory, examples: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    memory = memory_of(*examples)
    memory.save(folder / "examples.faiss", folder / "examples.jsonl")
    loaded = load_memory(folder / "examples.faiss", folder / "examples.jsonl")
    assert len(loaded) == len(memory)
    for text, _ in examples:
        query = vector_of(text)
        assert loaded.search(query, 20) == memory.search(query, 20)


@pytest.mark.parametrize("ending", ["\u2028", "\u0085", "\x0b", "\r\n", "\n\n"])
def test_a_text_may_hold_any_line_end(ending: str, tmp_path: Path) -> None:
    memory = memory_of((f"one{ending}two", "a"), ("three", "b"))
    memory.save(tmp_path / "i", tmp_path / "e")
    assert nearest(load_memory(tmp_path / "i", tmp_path / "e"), f"one{ending}two")[0] == f"one{ending}two"


def test_corrections_are_saved_with_the_rest(tmp_path: Path) -> None:
    memory = memory_of(("a", "x"), ("b", "x"))
    memory.learn(Example("a", "y", 1), vector_of("a"))
    memory.save(tmp_path / "i", tmp_path / "e")
    loaded = load_memory(tmp_path / "i", tmp_path / "e")
    assert nearest(loaded, "a") == ("a", "y", None)
    assert len(loaded) == 2


@pytest.mark.parametrize(
    ("index", "lines", "reason"),
    [
        (b"nonsense", None, "i: not a FAISS index"),
        (b"", None, "i: not a FAISS index"),
        (b"null", None, "i: not a FAISS index"),
        (None, '{"text": "a", "intent": "x"}\n', "1 examples, but i holds 2 vectors"),
        (None, '{"text": "a", "intent": "x"}\n{"text": "b"}\n', "e:2: not an example"),
        (None, '{"text": "a", "intent": "x"}\n{\n', "e:2: not an example"),
        (None, '["a"]\n["b"]\n', "e:1: not an example"),
    ],
)
def test_files_that_arent_a_memory_are_named(
    index: bytes | None, lines: str | None, reason: str, tmp_path: Path
) -> None:
    memory_of(("a", "x"), ("b", "y")).save(tmp_path / "i", tmp_path / "e")
    if index is not None:
        (tmp_path / "i").write_bytes(index)
    if lines is not None:
        (tmp_path / "e").write_text(lines)
    with pytest.raises(RetrievalError, match=reason):
        load_memory(tmp_path / "i", tmp_path / "e")


@pytest.mark.parametrize("name", ["i", "e"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    memory_of(("a", "x")).save(tmp_path / "i", tmp_path / "e")
    (tmp_path / name).unlink()
    with pytest.raises(RetrievalError, match=f"{tmp_path / name}: "):
        load_memory(tmp_path / "i", tmp_path / "e")


def test_an_index_of_another_kind_is_refused_or_read(tmp_path: Path) -> None:
    memory_of(("a", "x")).save(tmp_path / "i", tmp_path / "e")
    faiss.write_index(faiss.IndexFlatIP(WIDTH), str(tmp_path / "i"))
    with pytest.raises(RetrievalError, match="1 examples, but i holds 0 vectors"):
        load_memory(tmp_path / "i", tmp_path / "e")


def test_examples_and_vectors_must_be_as_many() -> None:
    with pytest.raises(RetrievalError, match="2 examples but 1 vectors"):
        Memory([Example("a", "x"), Example("b", "x")], np.zeros((1, WIDTH), np.float32))


def test_neighbours_say_what_was_near() -> None:
    found = as_neighbours(memory_of(("a", "x")).search(vector_of("a"), 1))
    assert [(one.text, one.intent) for one in found] == [("a", "x")]
    assert found[0].similarity == pytest.approx(1, abs=5e-4)
    assert json.dumps(found[0].similarity)
