"""What staff see of the log: lists of conversations, and one with all that happened in it."""

from bot.messages import Decision
from bot.store.inbox.views import Changed, Noted, Spoken
from bot.store.records import Held, Line, Move
from bot.store.store import Store
from tests.bot.colleagues import add_colleague
from tests.bot.store.told import message, tell

HANDED_OVER = Decision("hand_over", "customer_asked")


def moving(status: str, assignee_id: int | None, *said: str, reason: str = "taken") -> object:
    def decide(held: Held) -> Move:
        lines = tuple(Line("person", text) for text in said)
        return Move(status, assignee_id, held.state, reason, lines)  # type: ignore[arg-type]

    return decide


async def move(store: Store, chat: str, staff_id: int, status: str, *said: str) -> None:
    conversation = await store.conversation(message(chat=chat))
    assignee = None if status in {"bot", "waiting"} else staff_id
    await store.inbox.move(conversation.id, staff_id, moving(status, assignee, *said))  # type: ignore[arg-type]


async def test_each_view_has_its_conversations_in_its_order(store: Store) -> None:
    ben, cora = await add_colleague(store, "ben"), await add_colleague(store, "cora")
    for chat in "12345":
        await tell(store, message(f"from {chat}", chat=chat))
    for chat in "21":
        await tell(store, message("help!", 2, chat=chat), (), HANDED_OVER, status="waiting", moved="angry")
    await move(store, "3", ben, "person", "Hello, Ben here.")
    await move(store, "4", cora, "person")
    await move(store, "5", cora, "closed")

    async def seen(view: str) -> list[str]:
        return [row.text for row in await store.inbox.conversations(view, ben)]  # type: ignore[arg-type]

    assert await seen("mine") == ["Hello, Ben here."]
    assert await seen("closed") == ["It is on its way."]
    assert (await seen("open"))[0] == "Hello, Ben here."
    counts = await store.inbox.counts(ben)
    assert (counts.waiting, counts.mine, counts.open) == (2, 1, 4)
    first, second = await store.inbox.conversations("waiting", ben)
    assert first.since < second.since
    assert (first.reason, first.text, first.speaker) == ("angry", "help!", "customer")
    assert (first.intent, first.confidence, first.sentiment) == ("order_status", 0.93, "neutral")
    [mine] = await store.inbox.conversations("mine", ben)
    assert mine.assignee is not None
    assert (mine.assignee.name, mine.reason) == ("ben", "taken")


async def test_pages_follow_each_other_without_gap_or_repeat(store: Store) -> None:
    for number in range(7):
        await tell(store, message(f"number {number}", chat=str(number)))
        await tell(store, message("help", 2, chat=str(number)), (), HANDED_OVER, status="waiting")
    ben = await add_colleague(store, "ben")
    for view in ("open", "waiting"):
        met, before = [], None
        while page := await store.inbox.conversations(view, ben, before=before, limit=3):
            met += [row.id for row in page]
            before = page[-1].since if view == "waiting" else page[-1].last_at
        assert len(met) == len(set(met)) == 7


async def test_a_case_tells_all_that_happened_in_order(store: Store) -> None:
    ben = await add_colleague(store, "ben")
    asked = await tell(store, message("Where is LW-48213?"), entity="LW-48213")
    await tell(store, message("A person!", 2), (), HANDED_OVER, status="waiting", moved="customer_asked")
    number = asked.conversation_id
    await store.inbox.add_note(number, ben, "third complaint")
    await move(store, "7", ben, "person", "Ben here.")
    await store.add_correction("Where is LW-48213?", "refund_status", "ben", message_id=asked.message_id)
    await store.add_feedback(asked.replies[0].message_id, "helpful", "telegram:7")

    case = await store.inbox.case(number)

    assert case is not None
    kinds = [entry.text if isinstance(entry, Spoken | Noted) else entry.reason for entry in case.entries]
    assert kinds == [
        "Where is LW-48213?", "It is on its way.", "A person!", "customer_asked", "third complaint", "taken",
        "Ben here.",
    ]  # fmt: skip
    first, reply = case.entries[0], case.entries[1]
    assert isinstance(first, Spoken)
    assert isinstance(reply, Spoken)
    assert first.understood is not None
    assert first.understood.entities[0].value == "LW-48213"
    assert first.labelled is not None
    assert first.labelled.intent == "refund_status"
    assert reply.opinions == ("helpful",)
    last = case.entries[-1]
    assert isinstance(last, Spoken)
    assert last.person is not None
    assert (last.person.name, case.status, case.assignee) == ("ben", "person", last.person)
    moved = [entry for entry in case.entries if isinstance(entry, Changed)]
    assert [(one.by.name if one.by else None, one.status) for one in moved] == [
        (None, "waiting"),
        ("ben", "person"),
    ]


async def test_a_long_case_is_read_backwards_in_stretches(store: Store) -> None:
    for number in range(1, 8):
        await tell(store, message(f"line {number}", number), ())
    number = (await store.conversation(message())).id

    newest = await store.inbox.case(number, limit=3)
    assert newest is not None
    assert newest.is_cut
    assert isinstance(newest.entries[0], Spoken)
    earlier = await store.inbox.case(number, before=newest.entries[0].id, limit=4)
    assert earlier is not None
    assert not earlier.is_cut
    texts = [entry.text for case in (earlier, newest) for entry in case.entries if isinstance(entry, Spoken)]
    assert texts == [f"line {n}" for n in range(1, 8)]

    since = await store.inbox.case(number, since=earlier.entries[2].id, limit=3)
    assert since is not None
    assert [entry.text for entry in since.entries if isinstance(entry, Spoken)] == texts[2:]
    for far in (2**31 - 1, -1):
        whole = await store.inbox.case(number, since=far, limit=3)
        assert whole is not None
        assert len(whole.entries) == (3 if far > 0 else 7)


async def test_who_is_forgotten_is_in_no_list(store: Store) -> None:
    turn = await tell(store, message("secret"))
    ben = await add_colleague(store, "ben")
    await store.forget("telegram:7")

    assert await store.inbox.conversations("open", ben) == []
    assert await store.inbox.case(turn.conversation_id) is None
    assert await store.inbox.case(10**6) is None
