"""The bot in groups: it speaks when it is meant, and to whom it is meant."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.bot.channels.fake_bot_api import ME, FakeBotApi, person
from tests.bot.channels.telegram_desk import TelegramDesk, telegram_desk

GROUP = -1005
MENTION = {"type": "text_mention", "offset": 0, "length": 4, "user": ME}


@pytest.fixture
async def desk(api: FakeBotApi, folder: Path) -> AsyncIterator[TelegramDesk]:
    async with telegram_desk(folder, api) as running:
        yield running


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "where is LW-11111"},
        {"text": "@other_bot where is LW-11111"},
        {"text": "/help@other_bot"},
        {"text": "/weather"},
        {"text": "where is LW-11111", "reply_to_message": {"message_id": 1, "from": person(8)}},
        # In a topic that the bot began, everything "answers" the bot.
        {
            "text": "where is LW-11111",
            "reply_to_message": {"message_id": 1, "from": ME, "forum_topic_created": {"name": "x"}},
        },
        {"text": "@Kefu_bot hello", "from": {"id": 99, "is_bot": True, "first_name": "Other bot"}},
        {"text": "@Kefu_bot hello", "is_automatic_forward": True, "sender_chat": {"id": -77}},
        {"photo": [{"file_id": "F"}]},
    ],
    ids=str,
)
async def test_what_is_not_meant_for_the_bot_is_left_alone(
    fields: dict[str, Any], desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say(chat=GROUP, **fields)

    await api.silence(GROUP)
    assert not await desk.store.open_updates("telegram")
    assert await desk.store.transcript(f"telegram:{GROUP}") == []


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"text": "@Kefu_bot where is LW-11111"}, "where is LW-11111"),
        ({"text": "@kefu_BOT: where is LW-11111"}, "where is LW-11111"),
        ({"text": "👍👍 hey @Kefu_bot where is LW-11111"}, "👍👍 hey where is LW-11111"),
        ({"text": "Kefu where is LW-11111", "entities": [MENTION]}, "where is LW-11111"),
        (
            {"text": "where is LW-11111", "reply_to_message": {"message_id": 1, "from": ME}},
            "where is LW-11111",
        ),
        (
            {
                "photo": [{"file_id": "F"}],
                "caption": "@Kefu_bot where is LW-11111",
                "caption_entities": [{"type": "mention", "offset": 0, "length": 9}],
            },
            "where is LW-11111",
        ),
    ],
    ids=str,
)
async def test_the_bot_answers_where_it_is_meant(
    fields: dict[str, Any], kept: str, desk: TelegramDesk, api: FakeBotApi
) -> None:
    number = api.say(chat=GROUP, **fields)

    assert "LW-11111" in (await api.replies(1, GROUP))[0]
    assert api.sent[0].reply_to == number
    assert (await desk.store.transcript(f"telegram:{GROUP}"))[0].text == kept


@pytest.mark.parametrize("text", ["/help", "/help@Kefu_bot", "/nonsense@Kefu_bot", "@Kefu_bot"])
async def test_commands_and_the_bare_name_are_answered(
    text: str, desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say(text, chat=GROUP)

    await api.replies(1, GROUP)


async def test_an_edit_and_a_press_are_answered(desk: TelegramDesk, api: FakeBotApi) -> None:
    number = api.say("@Kefu_bot where is LW-11111", chat=GROUP)
    await api.replies(1, GROUP)

    api.edit(number, "@Kefu_bot where is LW-22222", chat=GROUP)
    assert "LW-22222" in (await api.replies(2, GROUP))[1]
    assert api.sent[1].reply_to == number

    query = api.press(api.sent[1], "Send it back", user=8)
    await api.replies(3, GROUP)
    assert api.answered == [query]
    assert api.sent[2].reply_to is None


async def test_a_topic_is_a_conversation_of_its_own(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("@Kefu_bot Where is my parcel?", chat=GROUP, message_thread_id=3, is_topic_message=True)
    await api.replies(1, GROUP)
    api.say("@Kefu_bot hi", chat=GROUP, message_thread_id=4, is_topic_message=True)
    await api.replies(2, GROUP)

    assert [sent.thread_id for sent in api.sent] == [3, 4]
    assert api.sent[1].text in {"Hello!", "Hi!"}
    assert await desk.store.transcript(f"telegram:{GROUP}:3")


async def test_a_thread_without_topics_is_not_sent_to(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("@Kefu_bot hi", chat=GROUP, message_thread_id=3)
    await api.replies(1, GROUP)

    assert api.sent[0].thread_id is None


async def test_a_group_has_one_conversation_and_many_customers(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("@Kefu_bot hi", chat=GROUP, **{"from": person(11)})
    api.say("@Kefu_bot thanks", chat=GROUP, **{"from": person(12)})
    api.say("@Kefu_bot bye", chat=GROUP, sender_chat={"id": GROUP})
    await api.replies(3, GROUP)

    assert await desk.store.customers.find("telegram:11")
    assert await desk.store.customers.find("telegram:12")
    hidden = await desk.store.customers.find(f"telegram:{GROUP}")
    assert hidden is not None
    assert hidden.name == ""
    assert len(await desk.store.transcript(f"telegram:{GROUP}")) == 6


async def test_a_post_in_a_channel_is_left_alone(desk: TelegramDesk, api: FakeBotApi) -> None:
    post = api.message("@Kefu_bot hi", GROUP) | {"chat": {"id": GROUP, "type": "channel"}}
    api.push(channel_post=post)
    api.push(message=post)

    await api.silence(GROUP)


@pytest.mark.parametrize("is_told_by", ["the old group", "the new group", "an error"])
async def test_a_group_that_becomes_a_supergroup_keeps_its_conversation(
    is_told_by: str, desk: TelegramDesk, api: FakeBotApi
) -> None:
    old, new = -40, -1004
    api.say("@Kefu_bot Where is my parcel?", chat=old)
    await api.replies(1, old)
    api.migrated[old] = new

    if is_told_by == "an error":
        api.say("@Kefu_bot LW-11111", chat=old)
    else:
        if is_told_by == "the old group":
            api.say(chat=old, migrate_to_chat_id=new)
        else:
            api.say(chat=new, migrate_from_chat_id=old)
        await api.silence(new)
        api.say("@Kefu_bot LW-11111", chat=new)

    assert "LW-11111" in (await api.replies(1, new))[0]
    assert len(await desk.store.transcript(f"telegram:{new}")) == 4


async def test_a_group_the_bot_may_not_write_to_blocks_nobody(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.blocked.add(GROUP)
    api.say("@Kefu_bot hi", chat=GROUP)
    await api.until(lambda: len(api.of("sendMessage")) == 1)

    api.say("hi", chat=7)  # the same person

    await api.replies(1, 7)
    assert await desk.store.undelivered("telegram") == []
