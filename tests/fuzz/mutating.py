"""Bytes that are nearly right: samples with pieces cut out, doubled and put in, until time is up."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# How long each of them goes on: `make fuzz` says ten minutes; without it, one round.
SECONDS = float(os.environ.get("KEFU_FUZZ_S", "0"))
ROUND = 40  # examples

NASTY = (
    b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", "é\u2028\u202e😀".encode(), b"\r", b"\n", b"\n\n", b"\t", b" " * 40,
    b"'", b'"', b'""', b"''", b"\\", b"\\ud800", b"\\u0000", b"{{", b"}}", b"{%", b"{{ x.__class__ }}", b"{", b"}", b"[", b"]",
    b"[" * 3000, b"{a: " * 1500, b'{"a":' * 1500, b"&a [*a, *a]", b"*a", b"<<: *b", b"!!python/object/apply:os.system [x]",
    b"!!int x", b"!!float .", b"!!timestamp 2020-99-99", b"2020-02-31", b"0o9", b"1e999", b"-1e999", b"NaN", b"-1", b"9" * 5000,
    b"1" * 30, b"1_000", b"0x", b"null", b"true", b"~", b"- ", b": ", b"? ", b"| ", b"> ", b"%TAG", b"---", b"...", b"#", b"@", b"`",
    b",", b";", b"=", b"((((((((((a+)+)+)+)+)+", b"(?<", b"[[:", b"$", b"../..", b"/dev/zero", b"x" * 5000,
)  # fmt: skip

EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.one_of(st.sampled_from(NASTY), st.binary(max_size=12))),
    max_size=5,
)


def fuzz(samples: Sequence[bytes], check: Callable[[bytes], object]) -> None:
    """Hand mutated samples, and bytes of no kind, to `check`, which raises only where something is wrong."""

    @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(st.builds(_mutated, st.sampled_from(samples), EDITS), st.binary(max_size=200)))
    def one_round(content: bytes) -> None:
        check(content)

    repeat(one_round)


def repeat(one_round: Callable[[], Any]) -> None:
    """A round, and another for as long as there is time."""
    until = time.monotonic() + SECONDS
    one_round()
    while time.monotonic() < until:
        one_round()


def _mutated(sample: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for where, n_cut, put in edits:
        at = int(where * len(sample))
        sample = sample[:at] + put + sample[at + n_cut :]
    return sample
