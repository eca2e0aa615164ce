"""What updates mean; none is so odd that it raises."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.events import Blocked, Event, Heard, Ignored
from bot.channels.telegram.place import Place
from bot.channels.telegram.reading import read_update
from bot.store.records import StoredUpdate
from tests.bot.channels.fake_bot_api import FakeBotApi, person

ME = Me(123456, "Kefu_bot")


def read(**update: Any) -> Event:
    return read_update(StoredUpdate("5", {"update_id": 5, **update}), ME).event


def heard(**update: Any) -> Any:
    event = read(**update)
    assert isinstance(event, Heard)
    return event.message


def test_who_where_and_when_are_read() -> None:
    said = FakeBotApi().message("hi", 7, date=1_700_000_000)
    message = heard(message=said)

    assert (message.conversation_key, message.customer_key) == ("telegram:7", "telegram:7")
    assert (message.customer_name, message.language) == ("Anna Lee", "en")
    assert message.received_at.timestamp() == 1_700_000_000
    assert (message.external_id, message.update_id) == (str(said["message_id"]), "5")


def test_the_largest_size_of_a_picture_is_kept() -> None:
    photo = [{"file_id": "small"}, {"file_id": "large"}]

    assert heard(message=FakeBotApi().message(None, photo=photo)).attachment == "large"


def test_a_press_on_a_message_too_old_to_see_is_read() -> None:
    gone = {"message_id": 4, "date": 0, "chat": {"id": 7, "type": "private"}}
    message = heard(callback_query={"id": "9", "from": person(7), "message": gone, "data": "31:2"})

    assert message.button is not None
    assert (message.button.message_id, message.button.index) == (31, 2)


def test_an_edit_says_what_it_replaces() -> None:
    message = heard(edited_message=FakeBotApi().message("hi", message_id=4, edit_date=1_700_000_009))

    assert (message.kind, message.replaces, message.external_id) == ("edit", "4", "4.5")
    assert message.received_at.timestamp() == 1_700_000_009


@pytest.mark.parametrize(
    ("chat", "status", "event"),
    [
        (7, "kicked", Blocked(Place(7))),
        (7, "member", Ignored()),
        (-5, "kicked", Ignored()),
        (-5, "administrator", Ignored()),
    ],
)
def test_only_a_private_chat_can_block_the_bot(chat: int, status: str, event: Event) -> None:
    changed = {"chat": {"id": chat, "type": "?"}, "new_chat_member": {"status": status}}

    assert read(my_chat_member=changed) == event


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"message": None},
        {"message": "hi"},
        {"message": {"text": "hi"}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "text": 5}},
        {"message": {"message_id": 1, "date": "2026-03-04", "chat": {"id": 7}, "text": "hi"}},
        {"message": {"message_id": 1, "date": 1e30, "chat": {"id": 7}, "text": "hi"}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "a_kind_of_next_year": {}}},
        {"callback_query": {"id": 5}},
        {"poll_answer": {"poll_id": "1"}},
        {"business_message": {"text": "hi"}},
        {"something_new": [1]},
    ],
    ids=str,
)
def test_what_is_unknown_or_broken_is_ignored(update: dict[str, Any]) -> None:
    assert read(**update) == Ignored()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
ENTITY = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["mention", "text_mention", "bot_command"]) | JSON,
        "offset": st.integers(-3, 30) | JSON,
        "length": st.integers(-3, 30) | JSON,
    },
    optional={"user": st.just(person(123456)) | JSON},
)
MESSAGE = st.fixed_dictionaries(
    {
        "message_id": st.integers(),
        "date": st.integers(),
        "chat": st.fixed_dictionaries({"id": st.integers()}, optional={"type": st.text() | JSON}),
    },
    optional={
        "text": st.text()
        | st.text(st.characters(categories=["Cs"]))
        | st.just("/help @Kefu_bot 👍 @Kefu_bot"),
        "caption": st.text() | JSON,
        "entities": st.lists(ENTITY) | JSON,
        "caption_entities": st.lists(ENTITY) | JSON,
        "from": st.just(person(7)) | JSON,
        "sender_chat": JSON,
        "photo": JSON,
        "voice": JSON,
        "message_thread_id": st.integers() | JSON,
        "is_topic_message": st.booleans() | JSON,
        "reply_to_message": JSON,
        "reply_markup": JSON,
        "edit_date": JSON,
        "migrate_to_chat_id": st.integers() | JSON,
    },
)
UPDATE = st.fixed_dictionaries(
    {},
    optional={
        "message": MESSAGE,
        "edited_message": MESSAGE,
        "callback_query": st.fixed_dictionaries(
            {"id": st.text(), "from": st.just(person(7)) | JSON},
            optional={"message": MESSAGE, "data": st.text() | JSON},
        ),
        "my_chat_member": JSON,
    },
)


@given(UPDATE | st.dictionaries(st.text(), JSON))
def test_nothing_raises(payload: dict[str, Any]) -> None:
    incoming = read_update(StoredUpdate("5", payload), ME)

    if isinstance(incoming.event, Heard):
        assert Place.of(incoming.event.message.conversation_key).key == incoming.lane
