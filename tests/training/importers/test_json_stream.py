"""JSON read piece by piece says what json says."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.importers import json_stream
from training.importers.json_stream import JsonStream

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def stream(text: str, chunk: int = 1) -> JsonStream:
    """One that is given few characters at a time, whatever it asks for."""

    class Slow(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            return super().read(chunk)

    return JsonStream(Slow(text), Path("some.json"))


def walked(made: JsonStream) -> Any:
    """The next value, taken apart as far as it can be."""
    if made.peek() == "{":
        return {key: walked(made) for key in made.members()}
    if made.peek() == "[":
        return [walked(made) for _ in made.items()]
    return made.value()


@given(values, st.sampled_from([None, 0, 2]), st.sampled_from([1, 2, 5, 1000]))
def test_values_are_what_json_makes_of_them(value: Any, indent: int | None, chunk: int) -> None:
    text = json.dumps(value, indent=indent)
    assert stream(text, chunk).value() == value
    made = stream(f" {text}\n", chunk)
    assert walked(made) == value
    made.end()


@given(values, values, st.sampled_from([1, 3, 1000]))
def test_what_is_skipped_is_passed_over(skipped: Any, taken: Any, chunk: int) -> None:
    made = stream(json.dumps([skipped, taken]), chunk)
    found = []
    for i in made.items():
        if i == 0:
            made.skip()
        else:
            found.append(made.value())
    assert found == [taken]
    made.end()


def test_lines_are_counted() -> None:
    made = stream('{"a":\n [1,\n\n 2]\n}', 2)
    lines = [(made.line, made.value()) for _ in made.members() for _ in made.items()]
    assert lines == [(2, 1), (4, 2)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "some.json:1: not JSON: Expecting '{'"),
        ("[1]", "some.json:1: not JSON: Expecting '{'"),
        ('{\n"a" 1}', "some.json:2: not JSON: Expecting ':'"),
        ('{\n"a": 1\n"b": 2}', "some.json:3: not JSON: Expecting ','"),
        ('{"a": 1,\n}', "some.json:2: not JSON: Expecting a key in double quotes"),
        ("{a: 1}", "some.json:1: not JSON: Expecting a key in double quotes"),
        ('{"a": \nnope}', "some.json:2: not JSON: Expecting value"),
        ('{"a": [1,\n2', "some.json:2: not JSON: Expecting ','"),
        ('{"a": [1,]}', "some.json:1: not JSON: Expecting value"),
        ('{"a": "open', "some.json:1: not JSON: Unterminated string"),
        ('{"a": {"b"\n: tru}}', "some.json:2: not JSON: Expecting value"),
        ('{"a": 1}\n\nmore', "some.json:3: not JSON: Extra data"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(text: str, problem: str) -> None:
    def read() -> Iterator[Any]:
        made = stream(text)
        for _ in made.members():
            yield walked(made)
        made.end()

    with pytest.raises(TrainingError) as raised:
        list(read())
    assert str(raised.value) == problem


def test_a_value_that_never_ends_is_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_VALUE", 1000)
    file = io.StringIO('["' + "x" * 1_000_000)
    made = JsonStream(file, Path("some.json"))
    with pytest.raises(TrainingError, match="Unterminated string"):
        [made.value() for _ in made.items()]
    assert file.tell() < 500_000


def test_a_value_nested_too_deeply_is_told() -> None:
    with pytest.raises(TrainingError, match=r"some.json:1: not JSON: nested too deeply"):
        stream("[" * 200_000, 100_000).value()


def test_a_number_of_too_many_digits_is_told() -> None:
    with pytest.raises(TrainingError, match=r"some.json:2: not JSON: a number of thousands of digits"):
        stream('{"a":\n' + "9" * 5000 + "}", 100_000).skip()
