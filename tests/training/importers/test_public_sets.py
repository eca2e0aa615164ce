"""Public sets are read as they are published: the first rows of each, imported into a workspace."""

import gzip
import io
import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from training.dialogues import dialogue_files, problems, read_dialogues
from training.turns import Dialogue

SETS = Path(__file__).parents[3].parent / "shared" / "data"
N_LINES = 400

pytestmark = pytest.mark.skipif(
    not SETS.is_dir(),
    reason=f"the public sets are not beside this checkout: no {SETS.parent.name}/{SETS.name}",
)


def beginning(path: Path, folder: Path, n_lines: int) -> Path:
    """A file with the first lines of another, packed as that is; CoNLL up to the end of a sentence."""
    packed = path.suffix == ".gz"
    with io.TextIOWrapper(gzip.open(path) if packed else path.open("rb"), "utf-8", newline="") as file:
        text = "".join(itertools.islice(file, n_lines))
        if ".conll" in path.name:
            text += "".join(itertools.takewhile(str.strip, file))
    made = folder / path.name
    made.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "kefu.toml").touch()
    return tmp_path / "desk"


def imported(desk: Path, *names: str, n_lines: int = N_LINES) -> tuple[list[Dialogue], str]:
    """The dialogues of the first lines of files, and what the command said; a second import adds nothing."""
    files = [str(beginning(SETS / name, desk.parent, n_lines)) for name in names]
    command = ["import", *files, "-w", str(desk)]
    told = CliRunner().invoke(kefu, command, catch_exceptions=False).output
    assert "Nothing new" in CliRunner().invoke(kefu, command, catch_exceptions=False).output
    assert list(problems(dialogue_files(desk))) == []
    return list(read_dialogues(dialogue_files(desk))), told


@pytest.mark.parametrize("domain", ["airline", "fastfood", "finance", "insurance", "media", "software"])
def test_multidogo_gives_the_customers_side_of_real_dialogues(desk: Path, domain: str) -> None:
    found, _ = imported(desk, f"multidogo/{domain}_train.jsonl.gz", f"multidogo/{domain}_dev.jsonl")
    turns = [turn for dialogue in found for turn in dialogue.turns]
    assert 780 < len(turns) <= 2 * N_LINES
    assert 60 < len(found) < 150
    assert {turn.speaker for turn in turns} == {"customer"}
    assert sum(bool(turn.intents) for turn in turns) > 0.9 * len(turns)
    assert sum(len(turn.entities or ()) for turn in turns) > 100
    assert "thankyou" in {intent for turn in turns for intent in turn.intents}


def test_multidogos_misaligned_slots_are_not_taken_for_none(desk: Path) -> None:
    rows = [
        '{"text": "hamburg ny", "intents": ["a"], "entities": [], "conversation": "1", "turn": 0, "slots_misaligned": true}'
    ]
    path = desk.parent / "rows.jsonl"
    path.write_text("\n".join(rows))
    CliRunner().invoke(kefu, ["import", str(path), "-w", str(desk)], catch_exceptions=False)
    [dialogue] = read_dialogues(dialogue_files(desk))
    assert dialogue.turns[0].entities is None


def test_tweetsumm_gives_both_sides_in_order(desk: Path) -> None:
    found, told = imported(desk, "tweetsumm/dialogues.jsonl.gz")
    assert len(found) == N_LINES
    speakers = [[turn.speaker for turn in dialogue.turns] for dialogue in found]
    assert all(set(turns) == {"customer", "agent"} for turns in speakers)
    assert sum(turns[0] == "customer" for turns in speakers) > 0.9 * N_LINES
    assert f"{N_LINES} x field 'labels' is none of ours" in told


def test_banking77_gives_messages_with_an_intent(desk: Path) -> None:
    found, told = imported(desk, "banking77/train.csv")
    assert N_LINES - 20 < len(found) < N_LINES
    assert {turn.intents for dialogue in found for turn in dialogue.turns} >= {
        ("card_arrival",),
        ("card_linking",),
    }
    assert "columns: text from 'text', intent from 'label'" in told


def test_bitext_gives_messages_with_entities(desk: Path) -> None:
    found, _ = imported(desk, "bitext/dev.jsonl", "bitext/train.jsonl.gz")
    turns = [dialogue.turns[0] for dialogue in found]
    assert len(turns) == 2 * N_LINES
    assert all(turn.intents for turn in turns)
    assert sum(len(turn.entities or ()) for turn in turns) > 100


def test_bitext_gives_questions_with_answers(desk: Path) -> None:
    found, _ = imported(desk, "bitext/faq_responses.csv.gz", n_lines=100_000)
    assert len(found) == 4514
    assert all([turn.speaker for turn in dialogue.turns] == ["customer", "agent"] for dialogue in found)
    assert len({dialogue.turns[0].intents for dialogue in found}) == 27


def test_snips_gives_intents_and_slots_on_the_words_they_name(desk: Path) -> None:
    found, _ = imported(desk, "snips/valid.jsonl", n_lines=700)
    turns = [dialogue.turns[0] for dialogue in found]
    assert len(turns) == 700
    assert len({turn.intents for turn in turns}) == 7
    named = [(turn.text[e.start : e.end], e) for turn in turns for e in turn.entities or ()]
    assert len(named) > 1700
    assert all(said == said.strip() for said, _ in named)


def test_conll2003_gives_sentences_with_their_entities(desk: Path) -> None:
    found, _ = imported(desk, "conll2003/valid.conll", "conll2003/train.conll.gz")
    texts = [dialogue.turns[0].text for dialogue in found]
    assert "CRICKET - LEICESTERSHIRE TAKE OVER AT TOP AFTER INNINGS VICTORY." in texts
    assert {entity.label for dialogue in found for entity in dialogue.turns[0].entities or ()} == {
        "LOC",
        "MISC",
        "ORG",
        "PER",
    }
