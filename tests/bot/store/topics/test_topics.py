"""The staff group's topics in the database."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.store.inbox.views import Spoken
from bot.store.records import Line, Move
from bot.store.store import Store
from bot.store.tables.log import messages
from bot.store.tables.staff_work import topics
from bot.store.topics.records import FROM_TOPIC, Cursors, Post
from bot.store.topics.topics import claim as claim_topic
from tests.bot.colleagues import add_colleague
from tests.bot.store.log import Log

GROUP, OTHER_GROUP = -1_001_234_567_890, -1_009_876_543_210
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def waiting(store: Store) -> int:
    """A conversation that waits for a person."""
    await Log(store).say(AT, text="where is it?")
    await store.inbox.move(1, None, lambda held: Move("waiting", None, held.state, "customer_asked"))
    return 1


async def test_what_people_have_is_due_until_it_is_shown(store: Store, waiting: int) -> None:
    log = store.staff_group
    assert await log.due(GROUP) == [waiting]
    topic = await log.claim(waiting, GROUP)
    assert topic is not None
    newest = await log.newest(waiting)
    assert newest == Cursors(1, 0, 1)

    await log.save(replace(topic, thread_id=5, status="waiting").past(newest))
    assert await log.due(GROUP) == []

    await store.inbox.add_note(waiting, None, "be kind")
    assert await log.due(GROUP) == [waiting]
    await log.save(replace(topic, thread_id=5, status="waiting").past(await log.newest(waiting)))
    await store.inbox.move(waiting, None, lambda held: Move("bot", None, held.state, "given_back"))
    assert await log.due(GROUP) == [waiting]
    await log.save(replace(topic, thread_id=5, status="bot"))
    assert await log.due(GROUP) == []


async def test_another_group_begins_anew(store: Store, waiting: int) -> None:
    log = store.staff_group
    topic = await log.claim(waiting, GROUP)
    assert topic is not None
    await log.save(replace(topic, thread_id=5, title="x", message_id=9))

    assert await log.due(OTHER_GROUP) == [waiting]
    again = await log.claim(waiting, OTHER_GROUP)

    assert again is not None
    assert (again.chat_id, again.thread_id, again.title, again.message_id) == (OTHER_GROUP, None, "", 0)
    assert await log.conversation_in(GROUP, 5) is None


async def test_only_one_process_writes_to_a_topic(store: Store, waiting: int) -> None:
    async def claim(sender: str, *, is_alone: bool = False) -> bool:
        writing = (sender, is_alone)
        return await store._database.write(claim_topic, waiting, GROUP, writing) is not None

    assert await claim("one")
    assert await claim("one")
    assert not await claim("two")
    await store.staff_group.release(waiting)
    assert await claim("two")
    assert not await claim("one")
    assert await claim("one", is_alone=True), "who serves alone need not wait for a process that is gone"
    long_ago = update(topics).values(in_hand_since=AT)
    await store._database.write(lambda connection: connection.execute(long_ago))
    assert await claim("two")


async def test_posts_are_found_by_what_they_show(store: Store, waiting: int) -> None:
    log, ben = store.staff_group, await add_colleague(store, "ben")
    topic = await log.claim(waiting, GROUP)
    assert topic is not None
    await log.save(replace(topic, thread_id=5), Post(waiting, GROUP, 70, 1))
    await log.add_post(Post(waiting, GROUP, 71, suggestions=("a", "b")))
    written = Line("person", "hi", external_id=f"{FROM_TOPIC}72")
    for _ in range(2):
        moved = await store.inbox.move(
            waiting, ben, lambda held: Move("person", ben, held.state, "taken", (written,))
        )
    assert moved is not None

    assert await log.conversation_in(GROUP, 5) == waiting
    assert await log.message_shown(waiting, GROUP, 70) == 1
    assert await log.message_shown(waiting, GROUP, 72) == moved.message_ids[0] == 2
    assert await log.message_shown(waiting, GROUP, 99) is None
    assert (await log.post_showing(GROUP, 1), await log.post_showing(GROUP, 2)) == (70, 72)
    offered = await log.post(GROUP, 71)
    assert offered is not None
    assert offered.suggestions == ("a", "b")
    assert len(await store.transcript("telegram:7")) == 2, "said twice"


async def test_what_fails_is_reported_once(store: Store, waiting: int) -> None:
    log, ben = store.staff_group, await add_colleague(store, "ben")
    topic = await log.claim(waiting, GROUP)
    assert topic is not None
    lines = (
        Line("person", "from the topic", external_id=f"{FROM_TOPIC}72"),
        Line("person", "from the console"),
    )
    await store.inbox.move(waiting, ben, lambda held: Move("person", ben, held.state, "taken", lines))
    await store._database.write(
        lambda connection: connection.execute(
            update(messages).where(messages.c.speaker == "person").values(delivery="failed")
        )
    )

    [lost] = await log.unreported(waiting)
    assert (lost.message_id, lost.post_id, lost.is_blocked) == (2, 72, False)
    await log.save(topic, Post(waiting, GROUP, 80, 2))
    assert await log.unreported(waiting) == []


async def test_a_forgotten_customers_topic_waits_to_be_deleted(store: Store, waiting: int) -> None:
    log = store.staff_group
    topic = await log.claim(waiting, GROUP)
    assert topic is not None
    await log.save(
        replace(topic, thread_id=5, title="Anna", subject="secret"), Post(waiting, GROUP, 70, 1, ("LW-1",))
    )

    await store.forget("telegram:7")

    assert await log.due(GROUP) == [waiting]
    left = await log.claim(waiting, GROUP)
    assert left is not None
    assert (left.status, left.thread_id, left.title, left.subject) == ("forgotten", 5, "", "")
    assert await log.post(GROUP, 70) is None
    await log.save(replace(topic, title="Anna"))
    await log.add_post(Post(waiting, GROUP, 71, 1, ("LW-1",)))
    assert await log.claim(waiting, GROUP) == left, "came back"
    assert await log.post(GROUP, 71) is None
    await log.drop(waiting)
    assert await log.due(GROUP) == []


async def test_what_was_said_is_reworded_with_the_words_before_kept(store: Store, waiting: int) -> None:
    ben = await add_colleague(store, "ben")
    line = Line("person", "Mondya", external_id=f"{FROM_TOPIC}72")
    await store.inbox.move(waiting, ben, lambda held: Move("person", ben, held.state, "taken", (line,)))
    await store.inbox.add_note(waiting, ben, "calm", external_id=f"{FROM_TOPIC}73")
    await store.inbox.add_note(waiting, ben, "calm", external_id=f"{FROM_TOPIC}73")

    said = await store.inbox.reword(waiting, f"{FROM_TOPIC}72", "Monday")
    noted = await store.inbox.reword(waiting, f"{FROM_TOPIC}73", "very calm")

    assert said is not None
    assert (said.message_id, said.delivery) == (2, "pending")
    assert noted is not None
    assert noted.message_id is None
    assert await store.inbox.reword(waiting, f"{FROM_TOPIC}99", "?") is None
    case = await store.inbox.case(waiting)
    assert case is not None
    assert sorted(one.text for one in case.entries if hasattr(one, "text")) == [
        "Monday",
        "very calm",
        "where is it?",
    ]
    assert [one.text for one in case.entries if isinstance(one, Spoken) and one.was_edited] == ["Monday"]
