"""What passes between a desk and the process that reads for it: frames of MessagePack, their types known on both sides."""

import asyncio
from collections.abc import Callable
from typing import Any, cast, get_origin

import msgspec
import numpy as np

from bot.dialogue.reading import ReadText, Vectors
from bot.errors import BotError
from bot.store.records import Correction
from nlu.errors import NluError
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.errors import RetrievalError

LENGTH = 4  # bytes before each frame
KINDS = {"bot": BotError, "nlu": NluError, "retrieval": RetrievalError}  # errors that the operator can mend


class Wanted(msgspec.Struct, array_like=True):
    """A model to load: see `bot.loading.load_reader`; `beside` is the number of another."""

    candidate: str | None
    beside: int | None
    in_background: bool


class Loaded(msgspec.Struct, array_like=True):
    """One that was loaded, and the state of the texts that it finds answers in."""

    release: str
    state: str
    texts_state: str
    entity_types: tuple[str, ...]
    budget: Budget
    intents: tuple[str, ...]


class Asked(msgspec.Struct, array_like=True):
    """Something asked of the model of that number; `what` are the arguments of the operation."""

    number: int
    operation: str
    model: int
    what: msgspec.Raw


class Told(msgspec.Struct, array_like=True, tag=True):
    """The result of what was asked."""

    number: int
    what: msgspec.Raw


class Failed(msgspec.Struct, array_like=True, tag=True):
    """What was asked failed: with an error of one of KINDS, or with any other, of which only its type and the places in the
    code are told."""

    number: int
    kind: str
    what: str
    places: str = ""


class Logged(msgspec.Struct, array_like=True, tag=True):
    """A line for the log."""

    logger: str
    level: int
    text: str


# What may be asked: its arguments, and its result.
OPERATIONS: dict[str, tuple[Any, Any]] = {
    "load": (tuple[Wanted], Loaded),
    "drop": (tuple[()], None),
    "read": (tuple[list[str]], list[ReadText]),
    "understand": (tuple[str], Understanding),
    "nearness": (tuple[Vectors], Vectors),
    "taught_share": (tuple[Vectors], Vectors),
    "alike": (tuple[float], list[tuple[str, str]]),
    "learn": (tuple[tuple[Correction, ...]], None),
    "teach": (tuple[dict[str, tuple[str, str]]], None),
}


def _plain(value: Any) -> Any:
    """An array as its shape and its numbers."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return value.shape, value.tobytes()
    raise TypeError(f"{type(value).__name__} does not pass between processes")


def _array(wanted: Any, value: Any) -> Any:
    if get_origin(wanted) is not np.ndarray:
        raise TypeError(f"{wanted} does not pass between processes")
    shape, numbers = value
    return np.frombuffer(numbers, np.float32).reshape(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_arguments = {name: msgspec.msgpack.Decoder(types[0], dec_hook=_array) for name, types in OPERATIONS.items()}
_results = {name: msgspec.msgpack.Decoder(types[1], dec_hook=_array) for name, types in OPERATIONS.items()}
_asked = msgspec.msgpack.Decoder(Asked)
_answers = msgspec.msgpack.Decoder(Told | Failed | Logged)


def pack(value: Any) -> msgspec.Raw:
    """Arguments or a result."""
    return msgspec.Raw(_encoder.encode(value))


def framed(value: Any) -> bytes:
    """A frame with its length before it."""
    frame = _encoder.encode(value)
    return len(frame).to_bytes(LENGTH, "little") + frame


def arguments_of(asked: Asked) -> tuple[Any, ...]:
    return cast(tuple[Any, ...], _arguments[asked.operation].decode(asked.what))


def result_of(operation: str, told: Told) -> Any:
    return _results[operation].decode(told.what)


def read_asked(frame: bytes) -> Asked:
    return _asked.decode(frame)


def read_answer(frame: bytes) -> Told | Failed | Logged:
    answer: Told | Failed | Logged = _answers.decode(frame)
    return answer


class Frames(asyncio.Protocol):
    """The desk's end of the connection; `receive` gets each frame, `lose` hears when there will be no more."""

    def __init__(self, receive: Callable[[bytes], None], lose: Callable[[], None]) -> None:
        self._receive = receive
        self._lose = lose
        self._coming = bytearray()
        self._transport: asyncio.Transport  # since `connection_made`, which comes before all else

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._coming += data
        begins = 0
        while len(self._coming) >= begins + LENGTH:
            ends = begins + LENGTH + int.from_bytes(self._coming[begins : begins + LENGTH], "little")
            if len(self._coming) < ends:
                break
            self._receive(bytes(self._coming[begins + LENGTH : ends]))
            begins = ends
        del self._coming[:begins]

    def connection_lost(self, error: Exception | None) -> None:
        self._lose()

    def send(self, value: Any) -> None:
        """Send a frame, soon; to an end that is gone nothing is sent."""
        self._transport.write(framed(value))

    def close(self) -> None:
        self._transport.close()
