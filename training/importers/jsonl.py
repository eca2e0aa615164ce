"""JSON lines: whole dialogues (kefu's own, or {id, turns}), or labelled texts one a line."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from training.dialogue_fields import DIALOGUE_KEYS, ENTITY_KEYS, TURN_KEYS, Problems, as_dialogue, as_turn
from training.importers.source import Found, Item, Options, Skipped, Source
from training.importers.speakers import Speakers
from training.turns import Dialogue, DialogueTurn

ROW_KEYS = ("conversation", "turn", "label", "slots_misaligned")
Placed = tuple[object, int, DialogueTurn]  # number in its conversation, line, turn


def read_jsonl(source: Source, options: Options) -> Iterator[Item]:
    """Rows with `turns` are dialogues; rows with `text` are turns, put together by `conversation`."""
    speakers = Speakers(options)
    grouped: dict[str, list[Placed]] = {}
    with source.open() as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = _row(line)
            if isinstance(row, str):
                yield source.skipped(number, row, line)
            elif "turns" in row:
                yield from _dialogue(row, number, source, speakers)
            else:
                yield from _text_row(row, number, source, speakers, grouped)
    speakers.check(source.path)
    for placed in grouped.values():
        yield _conversation(placed)


def _row(line: str) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return row if isinstance(row, dict) else "not an object"


def _dialogue(row: Mapping[str, Any], line: int, source: Source, speakers: Speakers) -> Iterator[Item]:
    known = {key: value for key, value in row.items() if key in DIALOGUE_KEYS}
    known["id"] = str(row.get("id") or "")
    yield from _left_out(row, DIALOGUE_KEYS, line, source)
    turns = row["turns"] if isinstance(row["turns"], list) else []
    for turn in turns:
        if isinstance(turn, dict):
            yield from _left_out(turn, TURN_KEYS, line, source)
    known["turns"] = [_with_role(_only(turn), speakers) for turn in turns]
    wrong = Problems()
    dialogue = as_dialogue({**known, "id": known["id"] or "-"}, wrong)
    if dialogue is None:
        yield source.skipped(line, "not a dialogue", wrong.found[0])
    else:
        yield Found(_renamed(dialogue, known["id"]), line)


def _renamed(dialogue: Dialogue, name: str) -> Dialogue:
    return Dialogue(
        name, dialogue.turns, dialogue.channel, dialogue.started_at, dialogue.ended_at, dialogue.outcome
    )


def _text_row(
    row: Mapping[str, Any], line: int, source: Source, speakers: Speakers, grouped: dict[str, list[Placed]]
) -> Iterator[Item]:
    """Yield the row's dialogue, or put its turn to the others of its conversation."""
    turn = _turn(row, line, source, speakers)
    yield from _left_out(row, (*TURN_KEYS, *ROW_KEYS), line, source)
    if row.get("slots_misaligned"):
        yield source.skipped(line, "entities not known: slots_misaligned", row.get("text"), is_part=True)
    if isinstance(turn, Skipped):
        yield turn
    elif row.get("conversation") is not None:
        grouped.setdefault(str(row["conversation"]), []).append((row.get("turn"), line, turn))
    else:
        yield Found(Dialogue("", (turn,), started_at=turn.at), line)


def _turn(row: Mapping[str, Any], line: int, source: Source, speakers: Speakers) -> DialogueTurn | Skipped:
    if isinstance(row.get("text"), str) and not row["text"].strip():
        return source.skipped(line, "no text")
    known = _with_role(_only({"speaker": "customer", **row}), speakers)
    if "label" in row and "intent" not in row and "intents" not in row:
        known["intent"] = row["label"]
    if row.get("slots_misaligned"):
        known.pop("entities", None)
    wrong = Problems()
    turn = as_turn(known, "row", wrong)
    return turn if turn is not None else source.skipped(line, "not a labelled text", wrong.found[0])


def _conversation(placed: list[Placed]) -> Found:
    """The turns of a conversation, by number where each has one."""
    if all(isinstance(number, int | float) for number, _, _ in placed):
        placed = sorted(placed, key=lambda one: one[0])  # type: ignore[arg-type,return-value]
    turns = tuple(turn for _, _, turn in placed)
    return Found(
        Dialogue("", turns, started_at=turns[0].at, ended_at=turns[-1].at),
        min(line for _, line, _ in placed),
    )


def _only(turn: Any) -> Any:
    """The fields of a turn that we know, its entities' included."""
    if not isinstance(turn, dict):
        return turn
    known = {key: value for key, value in turn.items() if key in TURN_KEYS}
    if isinstance(known.get("entities"), list):
        known["entities"] = [
            {key: value for key, value in entity.items() if key in ENTITY_KEYS}
            if isinstance(entity, dict)
            else entity
            for entity in known["entities"]
        ]
    return known


def _with_role(turn: Any, speakers: Speakers) -> Any:
    """The turn with its speaker's name replaced by the role, where the name is told."""
    if isinstance(turn, dict) and isinstance(turn.get("speaker"), str):
        return {**turn, "speaker": speakers.role(turn["speaker"]) or turn["speaker"]}
    return turn


def _left_out(row: Mapping[str, Any], known: Collection[str], line: int, source: Source) -> Iterator[Skipped]:
    for key in row:
        if key not in known:
            yield source.skipped(line, f"field {key!r} is none of ours", row[key], is_part=True)
