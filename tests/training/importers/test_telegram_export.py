"""Telegram Desktop's result.json: chats become dialogues, staff is told by name or id."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.training.importers.reading import dialogues, read, reasons, said
from training.errors import TrainingError

START = 1772442840  # 2026-03-02 09:14 UTC


def message(minute: float, sender: str, text: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": int(minute),
        "type": "message",
        "date": "2026-03-02T10:14:00",
        "date_unixtime": str(int(START + 60 * minute)),
        "from": sender,
        "from_id": f"user{len(sender)}",
        "text": text,
        **fields,
    }


def chat(*messages: Any, name: str = "Tom", kind: str = "personal_chat") -> dict[str, Any]:
    return {"name": name, "type": kind, "id": 7, "messages": list(messages)}


def account(*chats: Any) -> str:
    return json.dumps(
        {
            "about": "Here is the data you requested.",
            "contacts": {"list": [{"first_name": "Tom", "messages": [1]}]},
            "chats": {"about": "This page", "list": [*chats]},
            "left_chats": {"list": []},
            "other": [{}, [1]],
        },
        indent=1,
    )


HELLO = chat(message(0, "Tom", "hi"), message(1, "Maria", "hello"))


@pytest.mark.parametrize("content", [json.dumps(HELLO), json.dumps(HELLO, indent=1), account(HELLO)])
@pytest.mark.parametrize("agent", ["Maria", "maria", "user5"])
def test_one_chat_or_a_whole_account(tmp_path: Path, content: str, agent: str) -> None:
    [found] = dialogues(tmp_path, "telegram", content, agents=(agent,))
    assert said(found) == [("customer", "hi"), ("agent", "hello")]
    assert found.channel == "telegram"
    assert found.started_at == datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
    assert found.ended_at == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def test_a_pause_ends_a_dialogue(tmp_path: Path) -> None:
    content = json.dumps(
        chat(*(message(minute, who, who) for minute, who in ((0, "Tom"), (50, "Maria"), (120, "Tom"))))
    )
    assert len(dialogues(tmp_path, "telegram", content, agents=("Maria",))) == 1
    first, second = dialogues(tmp_path, "telegram", content, agents=("Maria",), gap_hours=1)
    assert (len(first.turns), len(second.turns)) == (2, 1)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hi", "hi"),
        (["see ", {"type": "link", "text": "https://x.org"}, " or ", {"type": "bold", "text": "call"}], "see https://x.org or call"),
        ({"type": "bold", "text": "hi"}, "hi"),
    ],
)  # fmt: skip
def test_texts_may_come_in_parts(tmp_path: Path, text: Any, plain: str) -> None:
    content = json.dumps(chat(message(0, "Tom", text), message(1, "Maria", "ok")))
    [found] = dialogues(tmp_path, "telegram", content, agents=("Maria",))
    assert said(found)[0] == ("customer", plain)


def test_messages_without_words_are_told_and_left_out(tmp_path: Path) -> None:
    messages = [
        message(0, "Tom", "hi"),
        {"id": 1, "type": "service", "action": "phone_call"},
        message(2, "Tom", "", photo="(File not included)"),
        message(3, "Tom", " ", media_type="voice_message"),
        message(4, "Tom", None),
        message(5, "Tom", "when?", date_unixtime="soon"),
        "nonsense",
        message(6, "Maria", "hello"),
    ]
    [found], skipped = read(tmp_path, "telegram", json.dumps(chat(*messages), indent=1), agents=("Maria",))
    assert said(found.dialogue) == [("customer", "hi"), ("agent", "hello")]
    assert [reason for _, reason in reasons(skipped)] == [
        "a service message (joined, pinned, called, ...)",
        "no text (photo)",
        "no text (voice message)",
        "no text (empty)",
        "no time",
        "not a message",
    ]
    assert skipped[0].met == "Tom, message 1"
    assert all(one.is_part for one in skipped)
    assert [line for line, _ in reasons(skipped)][:2] == ["15", "20"]


def test_a_deleted_account_is_a_customer_of_its_own(tmp_path: Path) -> None:
    gone = [
        message(0, "", "hi", **{"from": None, "from_id": "user99"}),
        message(1, "", "yo", **{"from": None, "from_id": None}),
    ]
    [found] = dialogues(
        tmp_path, "telegram", json.dumps(chat(*gone, message(2, "Maria", "ok"))), agents=("Maria",)
    )
    assert [speaker for speaker, _ in said(found)] == ["customer", "customer", "agent"]
    content = json.dumps(chat(*gone, message(2, "Maria", "ok")))
    with pytest.raises(TrainingError, match=r"who is who\? Met 'user99' \(1\), 'deleted account' \(1\)"):
        read(tmp_path, "telegram", content, agents=("Maria",), customers=("Tom",))


def test_chats_that_are_none_with_customers_are_skipped(tmp_path: Path) -> None:
    saved = chat(message(0, "Maria", "to do"), name="Saved", kind="saved_messages")
    family = chat(message(0, "Mum", "dinner?"), name="Mum")
    monologue = chat(message(0, "Maria", "anybody?"), name="Lea")
    content = account(saved, family, monologue, HELLO, "nonsense")
    found, skipped = read(tmp_path, "telegram", content, agents=("Maria",))
    assert [said(one.dialogue) for one in found] == [[("customer", "hi"), ("agent", "hello")]]
    assert [(one.reason, one.met) for one in skipped] == [
        ("no chat with customers", "Saved (saved_messages)"),
        ("a chat in which no agent wrote", "Mum"),
        ("a dialogue in which no customer wrote", "anybody?"),
    ]


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        (json.dumps(HELLO), {}, "file: who is staff? Met 'Tom' (1), 'Maria' (1); name them with --agent NAME"),
        (json.dumps(HELLO), {"agents": ("Mara",)}, "file: 'Mara' is not among the names met: 'Tom' (1), 'Maria' (1); did you mean 'Maria'?"),
        (json.dumps({"messages": 5}), {}, "file: no messages; wanted result.json of Telegram Desktop"),
        (json.dumps({"chats": {"list": {}}}), {}, "file: no messages; wanted result.json of Telegram Desktop"),
        ("[]", {}, "file:1: not JSON: Expecting '{'"),
        (json.dumps(HELLO, indent=1)[:-9], {}, "file:22: not JSON: "),
        (json.dumps(HELLO) + "\n\n}", {}, "file:3: not JSON: Extra data"),
        ('{"a": ' + "[" * 5000, {}, "file:1: nested too deeply"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_is_told_exactly(
    tmp_path: Path, content: str, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TrainingError) as raised:
        read(tmp_path, "telegram", content, **options)
    assert problem in str(raised.value)
