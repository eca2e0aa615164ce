"""CSV and TSV: columns by name, by number, by themselves; rows become dialogues."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.training.importers.reading import dialogues, intents, read, reasons, said, source
from training.errors import TrainingError
from training.importers import csv_
from training.importers.formats import FORMATS
from training.importers.source import Options


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("text,label\nhi,greet\nbye,leave\n", {}),
        ("\ufeffText;Intent\r\nhi;greet\r\nbye;leave", {}),
        ("category\tUtterance\ngreet\thi\nleave\tbye\n", {}),
        ("what|about\nhi|greet\nbye|leave\n", {"text": "what", "intent": "ABOUT "}),
        ("hi,greet\nbye,leave\n", {"text": "1", "intent": "2"}),
        ("text,intent\nhi,greet\nbye,leave\n", {"text": "1", "intent": "2"}),
        ("foo,bar\nhi,greet\nbye,leave\n", {"text": "1", "intent": "2", "has_header": True}),
        ('text,label\n"hi","greet"\n\n"bye",leave\n', {}),
    ],
)
def test_texts_with_an_intent(tmp_path: Path, content: str, options: dict[str, Any]) -> None:
    found = dialogues(tmp_path, "csv", content, **options)
    assert [said(dialogue) for dialogue in found] == [[("customer", "hi")], [("customer", "bye")]]
    assert intents(found) == [("greet",), ("leave",)]


@pytest.mark.parametrize(
    ("header", "options"),
    [("text,sentiment", {}), ("Message,mood", {}), ("text,label", {"sentiment": "label"})],
)
def test_a_column_of_sentiments_is_no_intent(tmp_path: Path, header: str, options: dict[str, Any]) -> None:
    found, skipped = read(
        tmp_path, "csv", f"{header}\nlate,Negative\nidiots,angry\nhm,so so\nok,\n", **options
    )
    turns = [one.dialogue.turns[0] for one in found]
    assert [(turn.text, turn.sentiment) for turn in turns] == [
        ("late", "negative"), ("idiots", "angry"), ("hm", None), ("ok", None)
    ]  # fmt: skip
    assert {turn.intents for turn in turns} == {()}
    assert [one.met for one in skipped] == ["so so"]
    assert skipped[0].is_part


def test_a_first_row_that_looks_like_a_header_can_be_data(tmp_path: Path) -> None:
    found = dialogues(tmp_path, "csv", "text,intent\nhi,greet\n", text="1", intent="2", has_header=False)
    assert intents(found) == [("intent",), ("greet",)]


def test_a_question_with_its_answer_is_one_dialogue(tmp_path: Path) -> None:
    [found] = dialogues(tmp_path, "csv", 'question,answer\nopen?,"from 9,\nto 5"\n')
    assert said(found) == [("customer", "open?"), ("agent", "from 9,\nto 5")]


def test_rows_of_a_conversation_come_together_in_time(tmp_path: Path) -> None:
    content = """ticket_id,role,body,created_at
7,agent,there,2026-03-02T09:16:00Z
8,customer,hey,
7,Customer,where is it,1772442900
7,agent,hello,1772442840000
,customer,alone,
"""
    alone, seven, eight = dialogues(tmp_path, "csv", content)
    assert said(seven) == [("agent", "hello"), ("customer", "where is it"), ("agent", "there")]
    assert seven.started_at == datetime(2026, 3, 2, 9, 14, tzinfo=UTC)
    assert seven.ended_at == datetime(2026, 3, 2, 9, 16, tzinfo=UTC)
    assert said(eight) == [("customer", "hey")]
    assert said(alone) == [("customer", "alone")]


def test_rows_without_a_time_stay_as_they_stand(tmp_path: Path) -> None:
    content = "session,text,time\n1,b,2026-03-02\n1,a,2026-03-01\n1,c,\n"
    [found] = dialogues(tmp_path, "csv", content)
    assert said(found) == [("customer", "b"), ("customer", "a"), ("customer", "c")]


def test_speakers_are_told_by_options(tmp_path: Path) -> None:
    content = "sender,text,session\nMaria,hello,1\nTom,hi,1\nShopBot,beep,1\n"
    [found] = dialogues(tmp_path, "csv", content, agents=("maria",), bots=("shopbot",))
    assert [speaker for speaker, _ in said(found)] == ["agent", "customer", "bot"]
    with pytest.raises(
        TrainingError, match=r"file: who is who\? Met 'Maria' \(1\), 'Tom' \(1\), 'ShopBot' \(1\)"
    ):
        read(tmp_path, "csv", content)


def test_rows_that_are_none_are_skipped_with_their_line(tmp_path: Path) -> None:
    content = 'text,label,role\n"a\nb",x,customer\nc,x\n"",x,agent\nd,x,\ne,x,customer,z\nf,x,customer\n'
    found, skipped = read(tmp_path, "csv", content)
    assert [(one.line, one.dialogue.turns[0].text) for one in found] == [(2, "a\nb"), (8, "f")]
    assert reasons(skipped) == [
        ("4", "not 3 columns as in the first row"),
        ("5", "no text"),
        ("6", "no speaker"),
        ("7", "not 3 columns as in the first row"),
    ]
    assert not any(one.is_part for one in skipped)


def test_a_time_that_can_be_read_two_ways_is_left_out(tmp_path: Path) -> None:
    [found], [skipped] = read(tmp_path, "csv", "text,time\nhi,02/03/2026 09:14\n")
    assert found.dialogue.started_at is None
    assert skipped.is_part
    assert skipped.met == "02/03/2026 09:14"


def test_quotes_in_a_tab_separated_file_are_mostly_characters(tmp_path: Path) -> None:
    [one, other] = dialogues(tmp_path, "csv", 'text\tlabel\nhe said "no\tx\n5" lamp\ty\n')
    assert said(one) + said(other) == [("customer", 'he said "no'), ("customer", '5" lamp')]
    [quoted, _] = dialogues(tmp_path, "csv", 'text\tlabel\n"he said ""no"""\tx\nhi\ty\n')
    assert said(quoted) == [("customer", 'he said "no"')]


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        ("hello\nyou\n", {}, "file: no columns: wanted values parted by a comma, tab, semicolon or |"),
        ("a,b\n1,2\n", {}, "file: which column is the text? The first row is a, b; name columns with --text"),
        ("utterance,b\n1,2\n", {"text": "uterance"}, "--text 'uterance' is no column; met utterance, b; did you mean 'utterance'?"),
        ("text,b\n1,2\n", {"intent": "zzz"}, "--intent 'zzz' is no column; met text, b"),
        ("a,b\n1,2\n", {"text": "3"}, "--text 3: wanted a column from 1 to 2: a, b"),
        ("a,b\n1,2\n", {"text": "0"}, "--text 0: wanted a column from 1 to 2"),
        ("a,b\n1,2\n", {"text": "a", "has_header": False}, "met the column 'a', wanted a number with --no-header"),
        ('text,label\na,b\n"open,x\nb,c\n', {}, "file:3: the row that begins here isn't whole: unexpected end of data"),
        ('text,label\n"a"b,x\nb,c\n', {}, "file:2: the row that begins here isn't whole: ',' expected after '\"'"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_is_told_exactly(
    tmp_path: Path, content: str, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TrainingError) as raised:
        read(tmp_path, "csv", content, **options)
    assert problem in str(raised.value)


def test_an_open_quote_does_not_swallow_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_, "MAX_FIELD", 300_000)
    content = "text,label\na,b\nc,d\n" + '"open,x\n' + "e,f\n" * 100_000
    with pytest.raises(TrainingError, match=r"file:4: the row that begins here isn't whole: field larger"):
        read(tmp_path, "csv", content)


def test_the_columns_that_were_used_are_told(tmp_path: Path) -> None:
    file = source(tmp_path, "Question,Answer,topic\nhi,hello,x\n")
    list(FORMATS["csv"].read(file, Options(intent="3")))
    assert file.notes == ["columns: text from 'Question', intent from 'topic', answer from 'Answer'"]
    assert file.path.name == "file"


def test_many_rows_of_many_conversations_are_put_together(tmp_path: Path) -> None:
    rows = [f"{i % 500},message {i}" for i in range(5000)]
    found = dialogues(tmp_path, "csv", "\n".join(["session,text", *rows]))
    assert len(found) == 500
    assert said(found[7])[:2] == [("customer", "message 7"), ("customer", "message 507")]
