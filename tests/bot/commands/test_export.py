"""`kefu export`: what of the log is written, what is masked, and that it can be learned from."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.export import Masking, as_dialogue
from bot.store.records import LoggedDialogue, LoggedEntity, LoggedTurn
from tests.bot.commands.logged import LONG_AGO, log, log_of_priya, make_desk, run, said
from tests.tiny import WORDS, train_tiny
from training.dialogues import Dialogue, dialogue_files, problems, read_dialogues


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return make_desk(tmp_path / "desk")


def exported(desk: Path, *options: str) -> list[Dialogue]:
    run(desk, "export", *options)
    return list(read_dialogues([desk / "dialogues" / "log.jsonl"]))


def test_what_is_personal_is_masked_wherever_it_is_repeated(desk: Path) -> None:
    log_of_priya(desk)
    [dialogue] = exported(desk)
    assert [(turn.speaker, turn.text) for turn in dialogue.turns] == [
        ("customer", "Hi, <person> here: where is LW-48213? <email>"),
        ("bot", "Dear <person>, LW-48213 is on its way."),
    ]
    assert dialogue.turns[0].intents == ()
    assert dialogue.turns[0].entities is None
    assert dialogue.turns[1].answer == "order_status_shipped"
    [raw] = exported(desk, "--raw")
    assert raw.turns[1].text == "Dear Priya, LW-48213 is on its way."


def test_an_entity_type_of_ones_own_is_masked_on_request(desk: Path) -> None:
    log_of_priya(desk)
    [dialogue] = exported(desk, "--mask", "order_number")
    assert dialogue.turns[1].text == "Dear <person>, <order_number> is on its way."
    told = run(desk, "export", "--mask", "order_no").output
    assert "--mask order_no: no entity of this type is in them; met order_number" in told


def test_what_staff_corrected_is_the_label(desk: Path) -> None:
    log_of_priya(desk)
    run(desk, "correct", exported(desk, "--raw")[0].turns[0].text, "--intent", "greeting")
    assert exported(desk)[0].turns[0].intents == ("greeting",)


def test_predictions_are_written_on_request_and_never_learned_from(desk: Path) -> None:
    log_of_priya(desk)
    path = desk.parent / "look.jsonl"
    run(desk, "export", "--with-predictions", "--output", str(path))
    [dialogue] = read_dialogues([path])
    [entity] = [one for one in dialogue.turns[0].entities or () if one.label == "order_number"]
    assert dialogue.turns[0].intents == ("order_status",)
    assert dialogue.turns[0].text[entity.start : entity.end] == "LW-48213"
    assert dialogue.turns[0].sentiment == "neutral"
    refused = run(desk, "export", "--with-predictions")
    assert refused.exit_code == 2
    assert "--with-predictions needs --output" in refused.output
    assert dialogue_files(desk) == []


def test_a_part_of_the_log_needs_a_file_of_its_own(desk: Path) -> None:
    log_of_priya(desk)
    day = f"{LONG_AGO + timedelta(days=1):%Y-%m-%d}"
    path = desk.parent / "new.jsonl"
    assert run(desk, "export", "--since", day).exit_code == 2
    assert f"{path}: 0 dialogues" in run(desk, "export", "--since", day, "--output", str(path)).output
    day = f"{LONG_AGO - timedelta(days=1):%Y-%m-%d}"
    assert f"{path}: 1 dialogues" in run(desk, "export", "--since", day, "--output", str(path)).output


def test_options_that_say_the_opposite_are_refused(desk: Path) -> None:
    assert run(desk, "export", "--raw", "--mask", "person").exit_code == 2


def test_a_second_export_writes_the_same(desk: Path) -> None:
    log_of_priya(desk)
    exported(desk)
    before = (desk / "dialogues" / "log.jsonl").read_bytes()
    exported(desk)
    assert (desk / "dialogues" / "log.jsonl").read_bytes() == before


def test_a_dialogue_with_mended_labels_in_another_file_is_not_written_again(desk: Path) -> None:
    log_of_priya(desk)
    exported(desk)
    path = (desk / "dialogues" / "log.jsonl").rename(desk / "dialogues" / "mended.jsonl")
    path.write_text(path.read_text().replace('"at"', '"intent": "order_status", "at"', 1))
    assert "log.jsonl: 0 dialogues" in run(desk, "export").output
    assert list(problems(dialogue_files(desk))) == []
    [dialogue] = read_dialogues(dialogue_files(desk))
    assert dialogue.turns[0].intents == ("order_status",)


def test_a_log_is_imported_into_another_desk_once(desk: Path) -> None:
    log_of_priya(desk)
    [dialogue] = exported(desk)
    other = make_desk(desk.parent / "other")
    log_of_priya(other)
    source = str(desk / "dialogues" / "log.jsonl")
    told = run(other, "import", source, "--name", "theirs").output
    assert "dialogues 1 (new 1, already there 0)" in told
    assert list(read_dialogues([other / "dialogues" / "theirs.jsonl"])) == [dialogue]
    assert "Nothing new" in run(other, "import", source, "--name", "theirs").output


def test_phone_numbers_are_read_as_in_the_desks_country(desk: Path) -> None:
    log(desk, (said("ring 020 7946 0958 or 650 253 0000"), ("Sure.",), ""))
    assert exported(desk)[0].turns[0].text == "ring <phone> or <phone>"
    (desk / "kefu.toml").write_text('[desk]\ncountry = "GB"\n')
    assert exported(desk)[0].turns[0].text == "ring <phone> or 650 253 0000"


def test_what_the_release_took_for_a_person_is_masked_in_what_others_say() -> None:
    turns = (
        LoggedTurn("customer", "I'm Jo, 5 Elm Road", LONG_AGO, entities=(
            LoggedEntity("person", 4, 6, "Jo", ""), LoggedEntity("address", 8, 18, "5 Elm Road", ""))),
        LoggedTurn("person", "Thanks Jo! To 5 Elm Road then. Not Joanna's?", LONG_AGO),
    )  # fmt: skip
    logged = LoggedDialogue("web-1-1", "web", LONG_AGO, LONG_AGO, "handed_over", turns, ("J",))
    dialogue = as_dialogue(logged, Masking("US"))
    assert [(turn.speaker, turn.text) for turn in dialogue.turns] == [
        ("customer", "I'm <person>, <address>"),
        ("agent", "Thanks <person>! To <address> then. Not Joanna's?"),
    ]
    assert (dialogue.outcome, dialogue.channel) == ("handed_over", "web")
    assert as_dialogue(logged, None).turns[1].text == turns[1].text


def test_what_no_release_read_is_masked_by_the_exact_entities(desk: Path) -> None:
    (desk / "kefu.toml").write_text('[desk]\ncountry = "GB"\n')
    (desk / "entities.yaml").write_text("member: {patterns: ['M-[0-9]+']}\npostcode: {kind: postcode}\n")
    log(desk, (said("M-77 here, at BA1 1AA"), ("To BA1 1AA then?",), ""))
    turns = exported(desk, "--mask", "member")[0].turns
    assert [turn.text for turn in turns] == ["<member> here, at <postcode>", "To <postcode> then?"]


def test_where_nothing_was_found_it_is_said(desk: Path) -> None:
    assert "is in them; met none" in run(desk, "export", "--mask", "member").output


@pytest.mark.slow
def test_what_is_exported_is_learned_from_beside_what_was_there(trained: Path, tiny_base: Path) -> None:
    text = "well cancel the rug now mail me@example.org"
    log(
        trained,
        *((said(f"{word} {text}", i, chat=str(i)), ("Let me see.",), "") for i, word in enumerate(WORDS)),
    )
    for word in WORDS[:5]:
        run(trained, "correct", f"{word} {text}", "--intent", "cancel_order")
    masked = [dialogue.turns[0] for dialogue in exported(trained)]
    assert all(turn.text.endswith("now mail <email>") for turn in masked)
    release = train_tiny(trained, tiny_base)
    data = json.loads((release / "manifest.json").read_text())["data"]
    assert data["dialogues"] == 100 + len(WORDS)
    assert data["intents"]["cancel_order"] == 40 + 5
