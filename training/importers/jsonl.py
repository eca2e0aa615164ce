"""JSON lines: whole dialogues (kefu's own, or {id, turns}), or labelled texts one a line."""

import difflib
import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from training.dialogue_fields import DIALOGUE_KEYS, ENTITY_KEYS, TURN_KEYS, Problems, as_dialogue, as_turn
from training.importers.conversations import Conversations, Placed
from training.importers.source import Found, Item, Options, Skipped, Source
from training.importers.speakers import Speakers
from training.turns import Dialogue, DialogueTurn

LABELLED_KEYS = (*TURN_KEYS, "label")  # many sets call an intent a label
ROW_KEYS = (*LABELLED_KEYS, "conversation", "turn", "slots_misaligned")


def read_jsonl(source: Source, options: Options) -> Iterator[Item]:
    """Rows with `turns` are dialogues; rows with `text` are turns, put together by `conversation`."""
    speakers = Speakers(options)
    with Conversations() as conversations:
        for number, line in source.lines():
            if not line.strip():
                continue
            row = _row(line)
            if isinstance(row, str):
                yield source.skipped(number, row, line)
            elif "turns" in row:
                yield from _dialogue(row, number, source, speakers)
            else:
                yield from _text_row(row, number, source, speakers, conversations)
        speakers.check(source)
        yield from map(_conversation, conversations.each())


def _row(line: str) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return row if isinstance(row, dict) else "not an object"


def _dialogue(row: Mapping[str, Any], line: int, source: Source, speakers: Speakers) -> Iterator[Item]:
    known = {key: value for key, value in row.items() if key in DIALOGUE_KEYS}
    yield from _left_out(row, DIALOGUE_KEYS, line, source)
    if isinstance(row["turns"], list):
        for turn in row["turns"]:
            yield from _left_out_of_turn(turn, LABELLED_KEYS, line, source)
        known["turns"] = [_known(turn, speakers) for turn in row["turns"]]
    name = str(row["id"]).strip() if isinstance(row.get("id"), str | int) else ""
    wrong = Problems()
    dialogue = as_dialogue({**known, "id": name or "-"}, wrong)
    if dialogue is None:
        yield source.skipped(line, "not a dialogue", wrong.found[0])
    else:
        yield Found(replace(dialogue, id=name), line)


def _text_row(
    row: Mapping[str, Any], line: int, source: Source, speakers: Speakers, conversations: Conversations
) -> Iterator[Item]:
    """Yield the row's dialogue, or put its turn to the others of its conversation."""
    turn = _turn(row, line, source, speakers)
    if isinstance(turn, Skipped):
        yield turn
        return
    yield from _left_out_of_turn(row, ROW_KEYS, line, source)
    if row.get("slots_misaligned"):
        yield source.skipped(line, "entities not known: slots_misaligned", row.get("text"), is_part=True)
    if row.get("conversation") is None:
        yield Found(Dialogue("", (turn,), started_at=turn.at), line)
        return
    number = row.get("turn")
    is_number = isinstance(number, int | float) and math.isfinite(number)
    conversations.add(str(row["conversation"]), Placed(line, number if is_number else None, turn))


def _turn(row: Mapping[str, Any], line: int, source: Source, speakers: Speakers) -> DialogueTurn | Skipped:
    if isinstance(row.get("text"), str) and not row["text"].strip():
        return source.skipped(line, "no text")
    known = _known({"speaker": "customer", **row}, speakers)
    if row.get("slots_misaligned"):
        known.pop("entities", None)
    wrong = Problems()
    turn = as_turn(known, "row", wrong)
    return turn if turn is not None else source.skipped(line, "not a labelled text", wrong.found[0])


def _conversation(placed: list[Placed]) -> Found:
    """The turns of a conversation, by number where each has one."""
    numbers = [one.number for one in placed if one.number is not None]
    if len(numbers) == len(placed):
        placed = [one for _, one in sorted(zip(numbers, placed, strict=True), key=lambda pair: pair[0])]
    turns = tuple(one.turn for one in placed)
    first = min(one.line for one in placed)
    return Found(Dialogue("", turns, started_at=turns[0].at, ended_at=turns[-1].at), first)


def _known(turn: Any, speakers: Speakers) -> Any:
    """The fields of a turn that we know, its entities' included; the speaker's name as a role where it is told."""
    if not isinstance(turn, dict):
        return turn
    known = {key: value for key, value in turn.items() if key in TURN_KEYS}
    if "label" in turn and not {"intent", "intents"} & turn.keys():
        known["intents" if isinstance(turn["label"], list) else "intent"] = turn["label"]
    if isinstance(several := known.get("intents"), list):  # sets name one twice now and then
        known["intents"] = [intent for i, intent in enumerate(several) if intent not in several[:i]]
    if isinstance(turn.get("speaker"), str):
        known["speaker"] = speakers.role(turn["speaker"]) or turn["speaker"]
    if isinstance(turn.get("entities"), list):
        known["entities"] = [_known_entity(entity) for entity in turn["entities"]]
    return known


def _known_entity(entity: Any) -> Any:
    if not isinstance(entity, dict):
        return entity
    return {key: value for key, value in entity.items() if key in ENTITY_KEYS}


def _left_out_of_turn(turn: Any, known: Collection[str], line: int, source: Source) -> Iterator[Skipped]:
    if isinstance(turn, dict):
        yield from _left_out(turn, known, line, source)
        entities = turn.get("entities")
        for entity in entities if isinstance(entities, list) else ():
            if isinstance(entity, dict):
                yield from _left_out(entity, ENTITY_KEYS, line, source)


def _left_out(row: Mapping[str, Any], known: Collection[str], line: int, source: Source) -> Iterator[Skipped]:
    for key in row:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.75)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield source.skipped(line, f"field {key!r} is none of ours{hint}", row[key], is_part=True)
