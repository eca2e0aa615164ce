"""Staff answer in their Telegram group: one topic for each conversation that people have."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.autonomy import Levels
from bot.messages import Message
from bot.staffing import Staffing
from bot.store.insights.alerts import NewAlert
from bot.store.store import Store
from bot.store.tables.staff_work import topic_posts, topics
from tests.bot.channels.fake_bot_api import FakeBotApi, ForumTopic, Sent, person, too_many
from tests.bot.channels.telegram_desk import QUICK, TelegramDesk, telegram_desk
from tests.bot.colleagues import add_colleague

GROUP = -1001
BEN, CORA, STRANGER = 501, 502, 503  # on Telegram


@dataclass
class Floor:
    """Anna, user 7, and two of the staff in their group."""

    desk: TelegramDesk
    api: FakeBotApi
    ben: int
    cora: int

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def topics(self) -> dict[int, ForumTopic]:
        return self.api.forums[GROUP]

    def posts(self, thread: int) -> list[Sent]:
        return [sent for sent in self.api.sent if sent.chat_id == GROUP and sent.thread_id == thread]

    def texts(self, thread: int) -> list[str]:
        return [post.text for post in self.posts(thread)]

    async def topic(self) -> int:
        """The only topic, once there is one."""
        await self.api.until(lambda: len(self.topics) == 1)
        return next(iter(self.topics))

    async def shows(self, thread: int, pattern: str, n: int = 1) -> Sent:
        """Wait until so many posts of a topic fit; the newest."""
        await self.api.until(lambda: len(self._fitting(thread, pattern)) >= n)
        return self._fitting(thread, pattern)[-1]

    async def is_called(self, thread: int, pattern: str) -> None:
        await self.api.until(lambda: re.search(pattern, self.topics[thread].name) is not None)

    async def write(self, thread: int, text: str | None, user: int = BEN, **fields: Any) -> int:
        """Somebody writes in a topic; the post's number, once it was dealt with."""
        fields = {"from": person(user), "message_thread_id": thread, "is_topic_message": True} | fields
        number = self.api.say(text, GROUP, **fields)
        await self.settled()
        return number

    async def press(self, post: Sent, label: str, user: int = BEN) -> None:
        self.api.press(post, label, user)
        await self.settled()

    async def settled(self) -> None:
        await self.api.until(lambda: not self.api.updates)
        while await self.store.open_updates("telegram"):
            await self.api.until(lambda: True)

    async def status(self) -> str | None:
        return await self.store.status("telegram:7")

    async def conversation_id(self) -> int:
        found = select(topics.c.conversation_id)
        return int(await self.store._database.read(lambda connection: connection.execute(found).scalar_one()))

    def _fitting(self, thread: int, pattern: str) -> list[Sent]:
        return [post for post in self.posts(thread) if re.search(pattern, post.text, re.DOTALL)]


@pytest.fixture
async def floor(api: FakeBotApi, folder: Path) -> AsyncIterator[Floor]:
    api.forums[GROUP] = {}
    async with telegram_desk(folder, api, staff_group=GROUP) as desk:
        yield await with_staff(desk)


async def with_staff(desk: TelegramDesk) -> Floor:
    ben, cora = [await add_colleague(desk.store, name) for name in ("Ben", "Cora")]
    for colleague, telegram_id in ((ben, BEN), (cora, CORA)):
        code = await desk.store.staff_group.make_code(colleague)
        assert await desk.store.staff_group.link(code, telegram_id) is not None
    return Floor(desk, desk.api, ben, cora)


async def handed_over(floor: Floor) -> int:
    """Anna asks for a person; her topic."""
    floor.api.say("where is LW-11111")
    await floor.api.replies(1)
    floor.api.say("a human please")
    await floor.api.replies(2)
    thread = await floor.topic()
    await floor.shows(thread, "reaches the customer")
    return thread


async def test_a_topic_opens_with_all_that_is_needed(floor: Floor) -> None:
    thread = await handed_over(floor)

    summary = await floor.shows(thread, "Anna Lee · Telegram")
    assert "order_number: LW-11111" in summary.text
    assert "Anna Lee: where is LW-11111" in summary.text
    assert re.search("Bot: .*LW-11111", summary.text)
    assert "Waits for a person: asked for a person" in summary.text
    assert summary.labels == ["Take it"]
    assert floor.topics[thread].name == "🟡 Anna Lee · a human please"


async def test_no_topic_where_the_bot_has_it(floor: Floor) -> None:
    floor.api.say("where is LW-11111")
    await floor.api.replies(1)
    await floor.api.silence(GROUP)

    assert not floor.topics


async def test_what_staff_write_reaches_the_customer_and_back(floor: Floor) -> None:
    thread = await handed_over(floor)

    await floor.write(thread, "Hi Anna, Ben here.")

    assert (await floor.api.replies(3))[-1] == "Hi Anna, Ben here."
    assert await floor.status() == "person"
    await floor.is_called(thread, r"^🟢 Anna Lee \(Ben\) · a human please$")
    await floor.shows(thread, "Ben took the conversation")
    floor.api.say("finally")
    await floor.shows(thread, "^Anna Lee: finally$")
    assert not [text for text in floor.texts(thread) if "Ben here" in text], (
        "echoed what stands there already"
    )
    assert len(await floor.api.replies(3)) == 3, "the bot spoke beside Ben"


async def test_a_note_stays_among_staff(floor: Floor) -> None:
    thread = await handed_over(floor)

    number = await floor.write(thread, "// she called twice")
    floor.api.edit(
        number,
        "// she called thrice",
        GROUP,
        message_thread_id=thread,
        is_topic_message=True,
        **{"from": person(BEN)},
    )
    await floor.settled()

    case = await floor.store.inbox.case(await floor.conversation_id())
    assert case is not None
    assert case.status == "waiting"
    assert [entry.text for entry in case.entries if hasattr(entry, "text")][-1] == "she called thrice"
    assert len(await floor.api.replies(2)) == 2


async def test_a_suggestion_is_sent_with_one_press_and_only_once(floor: Floor) -> None:
    thread = await handed_over(floor)
    floor.api.say("where is LW-11111")
    offered = await floor.shows(thread, r"1\. (On its way: LW|LW.* on its way)")

    await floor.press(offered, "Send 1")
    await floor.press(offered, offered.labels[0])

    sent = (await floor.api.replies(3))[-1]
    assert offered.text.startswith(f"1. {sent}\n")
    assert offered.labels[0] == "✓ Send 1"
    await floor.shows(thread, f"Ben: {sent}")


async def test_take_close_and_give_back(floor: Floor) -> None:
    thread = await handed_over(floor)
    await floor.press(await floor.shows(thread, "Anna Lee"), "Take it", CORA)
    assert await floor.status() == "person"
    await floor.is_called(thread, r"\(Cora\)")

    await floor.write(thread, "/bot", CORA)
    assert await floor.status() == "bot"
    await floor.is_called(thread, "^🤖")
    assert "I'm back" in (await floor.api.replies(3))[-1]

    await floor.write(thread, "/close", CORA)
    assert await floor.status() == "closed"
    await floor.api.replies(4)  # how content are you?


async def test_a_closed_topic_opens_again_with_the_customer(floor: Floor) -> None:
    thread = await handed_over(floor)
    await floor.write(thread, "/close")
    await floor.api.until(lambda: not floor.topics[thread].is_open)
    await floor.is_called(thread, "^⚪")
    await floor.api.replies(3)

    floor.api.say("a human please")

    await floor.api.until(lambda: floor.topics[thread].is_open)
    await floor.is_called(thread, "^🟡")
    assert len(floor.topics) == 1
    await floor.shows(thread, "Anna Lee: a human please")


async def test_closing_the_topic_by_hand_closes_the_conversation(floor: Floor) -> None:
    thread = await handed_over(floor)
    await floor.write(thread, None, forum_topic_closed={})

    assert await floor.status() == "closed"


async def test_assign(floor: Floor) -> None:
    thread = await handed_over(floor)

    await floor.write(thread, "/assign cora")
    await floor.is_called(thread, r"\(Cora\)")
    await floor.write(thread, "/assign nobody")
    assert await floor.status() == "waiting"
    await floor.write(thread, "/assign zoe")
    assert (await floor.shows(thread, "To whom")).text.startswith("To whom? /assign and one of: Ben, Cora")


async def test_nobody_answers_twice(floor: Floor) -> None:
    thread = await handed_over(floor)
    await floor.write(thread, "/take", BEN)

    number = await floor.write(thread, "Cora here!", CORA)

    refused = await floor.shows(thread, "Not sent: Ben has the conversation")
    assert refused.reply_to == number
    assert await floor.api.replies(2)
    await floor.press(refused, "Take it from Ben", CORA)
    await floor.write(thread, "Cora here!", CORA)
    assert (await floor.api.replies(3))[-1] == "Cora here!"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"from": person(STRANGER)}, "doesn't know you"),
        ({"sender_chat": {"id": GROUP}}, "write as yourself"),
    ],
)
async def test_only_known_staff_reach_customers(fields: dict[str, Any], told: str, floor: Floor) -> None:
    thread = await handed_over(floor)

    await floor.write(thread, "hello customer", **fields)
    await floor.shows(thread, told)

    assert len(await floor.api.replies(2)) == 2
    assert await floor.status() == "waiting"


async def test_a_disabled_account_reaches_nobody(floor: Floor) -> None:
    thread = await handed_over(floor)
    await floor.store.accounts.disable(floor.ben)

    await floor.write(thread, "hello customer")

    await floor.shows(thread, "doesn't know you")
    assert len(await floor.api.replies(2)) == 2


async def test_a_code_makes_somebody_known_once(floor: Floor) -> None:
    code = await floor.store.staff_group.make_code(floor.cora)
    for user in (STRANGER, STRANGER + 1):
        floor.api.say(f"/link {code}", GROUP, **{"from": person(user)})
        await floor.settled()

    await floor.api.until(lambda: len(floor.api.texts(GROUP)) == 2)
    assert "Welcome, Cora" in floor.api.texts(GROUP)[0]
    assert "isn't good" in floor.api.texts(GROUP)[1]
    member = await floor.store.staff_group.member(STRANGER)
    assert member is not None
    assert member.name == "Cora"
    assert await floor.store.staff_group.member(CORA) is None  # the account she had before


async def test_pictures_go_both_ways(floor: Floor) -> None:
    thread = await handed_over(floor)

    number = floor.api.say(chat=7, photo=[{"file_id": "F"}], caption="look")
    await floor.shows(thread, f"^copy of 7/{number}$")
    post = await floor.write(thread, None, photo=[{"file_id": "G"}], caption="this one?")

    assert (await floor.api.replies(3))[-1] == f"copy of {GROUP}/{post}"
    [shown] = [line for line in await floor.store.transcript("telegram:7") if line.speaker == "person"]
    assert shown.text == "this one?"


async def test_what_points_at_a_message_does_so_on_the_other_side(floor: Floor) -> None:
    thread = await handed_over(floor)
    asked = floor.api.say("which of the two?")
    mirrored = await floor.shows(thread, "^Anna Lee: which of the two")

    post = await floor.write(thread, "the red one", reply_to_message={"message_id": mirrored.message_id})
    await floor.api.replies(3)
    answer = floor.api.sent[-1] if floor.api.sent[-1].chat_id == 7 else _last_to(floor.api, 7)
    assert answer.reply_to == asked

    floor.api.say("thanks!", reply_to_message={"message_id": answer.message_id})
    assert (await floor.shows(thread, "^Anna Lee: thanks!")).reply_to == post


async def test_edits_are_kept_on_both_sides(floor: Floor) -> None:
    thread = await handed_over(floor)
    post = await floor.write(thread, "It comes Mondya.")
    await floor.api.replies(3)

    floor.api.edit(
        post,
        "It comes Monday.",
        GROUP,
        message_thread_id=thread,
        is_topic_message=True,
        **{"from": person(BEN)},
    )
    await floor.settled()
    assert _last_to(floor.api, 7).text == "It comes Monday."
    assert (await floor.store.transcript("telegram:7"))[-1].text == "It comes Monday."

    number = floor.api.say("ok tanks")
    await floor.shows(thread, "ok tanks")
    floor.api.edit(number, "ok thanks")
    await floor.shows(thread, "changed it to: ok thanks")


async def test_what_the_console_does_shows_in_the_topic(floor: Floor) -> None:
    thread = await handed_over(floor)
    staffing = Staffing(floor.store, floor.desk.engine.settings, floor.desk.engine.news)
    number = await floor.conversation_id()

    await staffing.say(number, floor.cora, "Hello from the console")
    await staffing.note(number, floor.cora, "be kind")

    await floor.shows(thread, "Cora: Hello from the console")
    await floor.shows(thread, "// Cora: be kind")


async def test_a_deleted_topic_is_made_anew(floor: Floor) -> None:
    thread = await handed_over(floor)
    del floor.topics[thread]

    floor.api.say("hello?")

    await floor.api.until(lambda: len(floor.topics) == 1)
    again = next(iter(floor.topics))
    assert again != thread
    await floor.shows(again, "Anna Lee · Telegram")
    await floor.shows(again, "Anna Lee: hello")
    await floor.write(again, "Yes?")
    assert (await floor.api.replies(3))[-1] == "Yes?"


async def test_a_group_without_topics_leaves_staff_the_console(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    del floor.api.forums[GROUP]
    floor.api.say("a human please")
    await floor.api.replies(1)
    await floor.api.until(lambda: "is not a forum" in caplog.text)
    assert await floor.status() == "waiting"
    floor.api.say("hello")
    await floor.api.silence()

    floor.api.forums[GROUP] = {}

    assert await floor.shows(await floor.topic(), "Anna Lee: hello")


async def test_the_groups_limit_is_asked_for_and_kept(floor: Floor) -> None:
    thread = await handed_over(floor)
    floor.api.fail("sendMessage", too_many(1), chat=GROUP)

    floor.api.say("still there?")

    await floor.shows(thread, "Anna Lee: still there")
    assert floor.texts(thread).count("Anna Lee: still there?") == 1


async def test_staff_are_told_what_does_not_arrive(floor: Floor) -> None:
    thread = await handed_over(floor)
    floor.api.blocked.add(7)

    post = await floor.write(thread, "Are you there?")

    assert (await floor.shows(thread, "who blocked the bot")).reply_to == post
    await floor.shows(thread, "Ben took the conversation")
    await floor.api.silence(GROUP)


async def test_a_forgotten_customers_topic_is_deleted(floor: Floor) -> None:
    thread = await handed_over(floor)

    await floor.store.forget("telegram:7")

    await floor.api.until(lambda: thread not in floor.topics)
    while await floor.store.staff_group.due(GROUP):
        await floor.api.until(lambda: True)
    for table in (topics, topic_posts):
        rows = await floor.store._database.read(
            lambda connection, kept=table: connection.execute(select(kept)).all()
        )
        assert rows == []


async def test_a_web_customer_has_a_topic_but_gets_words_only(floor: Floor) -> None:
    web = replace(
        (await floor.desk.engine.handle(_web("a human please", "1"))).message, external_id="2", text="hello"
    )
    thread = await floor.topic()
    await floor.shows(thread, "Web")

    await floor.write(thread, None, photo=[{"file_id": "G"}])
    await floor.shows(thread, "only words arrive")
    post = await floor.write(thread, "Hi there")
    lines = await floor.store.transcript(web.conversation_key)
    assert [(line.speaker, line.text) for line in lines][-1] == ("person", "Hi there")
    assert lines[-1].external_id == ""
    await floor.store.mark_delivered(lines[-1].id)

    floor.api.edit(
        post, "Hi!", GROUP, message_thread_id=thread, is_topic_message=True, **{"from": person(BEN)}
    )
    await floor.shows(thread, "as it was")


async def test_an_alert_goes_to_the_group_once(floor: Floor) -> None:
    floor.api.say("where is LW-11111")
    await floor.api.replies(1)
    now = datetime.now(UTC)
    await floor.store.alerts.raise_alert(NewAlert(("channel", "telegram"), now, 0.1, 0.4, 30, 1, 1))

    [text] = await floor.api.replies(1, GROUP)

    assert text.startswith("⚠️ Unhappy customers are on the rise\nChannel: Telegram\n40% of 30 messages")


async def test_the_group_goes_on_after_a_restart(api: FakeBotApi, folder: Path) -> None:
    api.forums[GROUP] = {}
    async with telegram_desk(folder, api, staff_group=GROUP) as desk:
        floor = await with_staff(desk)
        thread = await handed_over(floor)
        await desk.channel.finish()
        n_posts = len(floor.posts(thread))
    async with telegram_desk(folder, api, staff_group=GROUP) as desk:
        floor = replace(floor, desk=desk)
        api.say("still here")
        await floor.shows(thread, "Anna Lee: still here")
        assert len([text for text in floor.texts(thread)[n_posts:] if "where is" in text]) == 0
        assert await floor.write(thread, "so am I")
        assert (await api.replies(3))[-1] == "so am I"
    assert len(api.forums[GROUP]) == 1


async def test_many_messages_share_a_post(api: FakeBotApi, folder: Path) -> None:
    api.forums[GROUP] = {}
    tempo = replace(QUICK, group_messages_per_minute=3)
    async with telegram_desk(folder, api, staff_group=GROUP, tempo=tempo, messages_per_minute=100) as desk:
        floor = await with_staff(desk)
        thread = await handed_over(floor)
        for n in range(6):
            api.say(f"word {n}")
        await floor.settled()
        calls = [
            call
            for call in api.calls
            if call.params.get("chat_id") == GROUP and call.method != "setMyCommands"
        ]
        assert len([call for call in calls if call.method in {"sendMessage", "createForumTopic"}]) <= 3
        assert await floor.store.status("telegram:7") == "waiting"
        assert thread in floor.topics


def _web(text: str, external_id: str) -> Message:
    return Message("web", "web:abc", "web:abc", external_id, datetime.now(UTC), text=text)


def _last_to(api: FakeBotApi, chat: int) -> Sent:
    return [sent for sent in api.sent if sent.chat_id == chat][-1]


async def test_a_draft_is_sent_or_rejected_from_the_topic(floor: Floor) -> None:
    floor.desk.engine.levels = Levels("suggest")
    floor.api.say("where is LW-11111")
    thread = await floor.topic()
    offered = await floor.shows(thread, r"^The bot would say:\n\n.*LW-11111")
    assert offered.labels == ["Send", "Not that"]

    await floor.press(offered, "Send")

    assert "LW-11111" in (await floor.api.replies(2))[-1]
    assert await floor.status() == "bot"
    await floor.press(offered, "Not that")
    await floor.shows(thread, "waits no longer")
