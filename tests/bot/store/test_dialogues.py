"""The log as dialogues: cut at silences, labelled by people."""

from datetime import UTC, datetime, timedelta

from bot.messages import Button, Decision, Message
from bot.store.records import LoggedDialogue
from bot.store.store import Store
from bot.store.tables.log import messages
from tests.bot.store.told import message, tell

NOW = datetime.now(UTC)


def ago(hours: float, text: str, number: int, **changes: object) -> Message:
    return message(text, number, received_at=NOW - timedelta(hours=hours), **changes)


async def say(store: Store, said: Message, **options: object) -> int:
    """A turn whose replies were given a second after the message, not now."""
    turn = await tell(store, said, **options)
    change = messages.update().where(messages.c.in_reply_to == turn.message_id)
    values = {"at": said.received_at + timedelta(seconds=1)}
    await store._database.write(lambda connection: connection.execute(change.values(values)))
    return turn.message_id


async def exported(store: Store, since: datetime | None = None) -> list[LoggedDialogue]:
    return [dialogue async for dialogue in store.conversations_for_export(since)]


async def test_a_silence_ends_a_dialogue_and_the_running_one_is_left_out(store: Store) -> None:
    for number, hours in enumerate((50, 49.9, 30, 29.5, 0.1)):
        await say(store, ago(hours, f"message {number}", number))
    dialogues = await exported(store)
    assert [
        [turn.text for turn in dialogue.turns if turn.speaker == "customer"] for dialogue in dialogues
    ] == [
        ["message 0", "message 1"],
        ["message 2", "message 3"],
    ]
    assert len({dialogue.id for dialogue in dialogues}) == 2
    assert await exported(store, NOW - timedelta(hours=40)) == dialogues[1:]
    # A later export knows them by the same ids, whatever was said since.
    await say(store, ago(0.05, "message 5", 5))
    assert await exported(store) == dialogues


async def test_only_what_staff_said_is_an_intent_and_no_single_customer(store: Store) -> None:
    clarify = Decision("clarify", "uncertain", choices=("refund_status", "refund_request"))
    chosen = (await tell(store, ago(9, "my refund", 1), decision=clarify)).replies[0].message_id
    await store.add_feedback(chosen, "refund_request", "telegram:7")
    corrected = await say(store, ago(9, "wheres it", 2))
    await store.add_correction("wheres it", "cancel_order", "ana", message_id=corrected)
    await store.add_correction("wheres it", "order_status", "ana", message_id=corrected)
    await say(store, ago(9, "Hello There", 3))
    await store.add_correction("hello there ", "greeting", "ana")
    await say(store, ago(9, "unlabelled LW-48213", 4), entity="LW-48213")
    change = messages.update().values(at=NOW - timedelta(hours=9))
    await store._database.write(lambda connection: connection.execute(change))
    [dialogue] = await exported(store)
    turns = [turn for turn in dialogue.turns if turn.speaker == "customer"]
    assert [turn.intent for turn in turns] == [None, "order_status", "greeting", None]
    assert turns[3].predicted_intent == "order_status"
    assert [(entity.start, entity.value) for entity in turns[3].entities] == [(11, "LW-48213")]
    assert [turn.answer_id for turn in dialogue.turns if turn.speaker == "bot"][-1] == "order_status_shipped"


async def test_presses_and_commands_are_no_examples_and_outcomes_are_told(store: Store) -> None:
    person = Decision("hand_over", "customer_asked")
    await say(store, ago(20, "start", 1, kind="command", command="start", chat="1"))
    await say(store, ago(20, "Where is my order", 2, kind="button", chat="1"))
    await say(store, ago(20, "", 3, kind="photo", chat="1"))
    await say(store, ago(20, "a human please", 1, chat="2"), decision=person)
    for chat, value in (("3", "helpful"), ("4", "not_helpful")):
        turn = await say(store, ago(20, "hi", 1, chat=chat), buttons=(Button("Yes", "feedback"),))
        await store.add_feedback(turn + 1, value, f"telegram:{chat}")
    outcomes = {dialogue.turns[0].text: dialogue.outcome for dialogue in await exported(store)}
    assert outcomes["a human please"] == "handed_over"
    assert [dialogue.outcome for dialogue in await exported(store)] == [
        "handed_over",
        "resolved",
        "unresolved",
    ]


async def test_entities_of_a_message_that_was_edited_are_not_told(store: Store) -> None:
    await say(store, ago(9, "Where is LW-48213?", 1), entity="LW-48213")
    await store.replace_message(ago(9, "LW-48214 I meant", 2, kind="edit", replaces="1"))
    [dialogue] = await exported(store)
    assert (dialogue.turns[0].text, dialogue.turns[0].entities) == ("LW-48214 I meant", ())
