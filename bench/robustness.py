"""How well intents hold where customers write as customers do: typos, no capitals, no commas, small talk around it.

    python -m bench.robustness --train train.csv --test test.csv

Every test message is changed in each way, by chance but the same in every run; the training knows nothing of it.
Some of them are read among 300 words of chatter (`bench/chatter.txt`, written for this) as well."""

import json
import random
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.command import run
from bench.intents import test_release
from bench.texts import read_rows
from nlu.rules import EntityRules
from training.base_model import DEFAULT
from training.dataset import Dataset, check
from training.pipeline import train
from training.trained import Options

Change = Callable[[str, random.Random], str]

FIGURES = ("accuracy", "coverage", "wrong_answers", "p50_ms")
MIN_TYPO_LETTERS = 4  # shorter words are seldom misspelt, and then beyond recognition
GREETINGS = (
    "Hi",
    "Hello",
    "Hey there",
    "Good morning",
    "Good evening",
    "Dear team",
    "Hi guys",
    "Hello support",
)
NAMES = (
    "this is Anna Schmidt", "my name is James", "it's Priya here", "I'm Mohammed Ali", "this is Mrs Walker",
    "my name is Li Wei", "Carlos here", "I am Sofia Rossi", "it's Tom from Leeds", "this is Olu",
)  # fmt: skip
SENTENCES = (
    "I have been a customer for years.", "Sorry to bother you.", "I have looked everywhere on your site.",
    "I hope you can help me.", "Thanks in advance.", "It is quite urgent.", "I have never had to ask before.",
    "My friend told me to write to you.", "I am writing from my phone.", "Let me explain.",
    "I'm not very good with these things.", "Please answer soon.",
)  # fmt: skip


def typo(text: str, chance: random.Random) -> str:
    """One letter of one word swapped with the next, left out, doubled, or hit beside; the text where all are short."""
    words = [match for match in re.finditer(r"[^\W\d_]+", text) if len(match[0]) >= MIN_TYPO_LETTERS]
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    kind = chance.choice(("swapped", "left out", "doubled", "beside"))
    if kind == "swapped":
        return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"
    if kind == "left out":
        return text[:at] + text[at + 1 :]
    if kind == "doubled":
        return text[:at] + text[at] + text[at:]
    return text[:at] + _beside(text[at], chance) + text[at + 1 :]


def _beside(letter: str, chance: random.Random) -> str:
    """A key next to it in its row of the keyboard."""
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm"):
        if (at := row.find(letter.lower())) >= 0:
            return chance.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


# In the order of their sounds, so that those beside a character sound like it, or nearly so.
COMMON_HAN = b"".join(bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)).decode(
    "gb2312", "ignore"
)


def wrong_character(text: str, chance: random.Random) -> str:
    """One Chinese character taken for one that sounds like it; the text where it has none."""
    places = [at for at, character in enumerate(text) if character in COMMON_HAN]
    if not places:
        return text
    at = chance.choice(places)
    position = COMMON_HAN.index(text[at])
    beside = COMMON_HAN[max(0, position - 2) : position] + COMMON_HAN[position + 1 : position + 3]
    return text[:at] + chance.choice(beside) + text[at + 1 :]


def without_punctuation(text: str, _: random.Random) -> str:
    """Apostrophes go without a trace, other marks leave a space."""
    return " ".join(re.sub(r"[^\w\s]|_", " ", re.sub(r"['’]", "", text)).split())


def with_greeting(text: str, chance: random.Random) -> str:
    """A greeting and a name in front."""
    return f"{chance.choice(GREETINGS)}, {chance.choice(NAMES)}. {text}"


def with_sentence(text: str, chance: random.Random) -> str:
    """A sentence that asks for nothing before or after it."""
    more = chance.choice(SENTENCES)
    if chance.random() < 0.5:
        return f"{more} {text}"
    return f"{text}{'' if text.rstrip().endswith(('.', '?', '!')) else '.'} {more}"


CHATTER = (Path(__file__).parent / "chatter.txt").read_text("utf-8").splitlines()
LONG_WORDS = 300
LONG_STEP = 4  # every fourth message is read in each of the long ways


def among_chatter(place: float) -> Change:
    """A change that puts a message into LONG_WORDS words that ask for nothing: 0 at their beginning, 1 at their end."""

    def change(text: str, chance: random.Random) -> str:
        around: list[str] = []
        for sentence in chance.sample(CHATTER, len(CHATTER)):
            if len(" ".join([*around, text]).split()) >= LONG_WORDS:
                break
            around.append(sentence)
        at = round(place * len(around))
        ended = text if text.rstrip().endswith((".", "?", "!")) else f"{text}."
        return " ".join([*around[:at], ended, *around[at:]])

    return change


CHANGES: Mapping[str, Change] = {
    "clean": lambda text, _: text,
    "typo": typo,
    "wrong_character": wrong_character,
    "lower_case": lambda text, _: text.lower(),
    "no_punctuation": without_punctuation,
    "greeting_and_name": with_greeting,
    "two_sentences": with_sentence,
}
LONG_CHANGES: Mapping[str, Change] = {
    "every fourth": lambda text, _: text,
    "first of 300 words": among_chatter(0.0),
    "amid 300 words": among_chatter(0.5),
    "last of 300 words": among_chatter(1.0),
}


@click.command(context_settings={"show_default": True})
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--base-model", default=DEFAULT)
@click.option("--max-wrong-answers", type=float, default=0.05)
@click.option("--seed", type=int, default=0, help="Of the training and of the changes.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(train_path: Path, test_path: Path, seed: int, json_path: Path | None, **options: Any) -> None:
    """Train on one file, test on another as it is and changed, print accuracies in points."""
    dataset = Dataset(tuple(read_rows(train_path)))
    check(dataset)
    test = read_rows(test_path)
    figures: dict[str, dict[str, float]] = {}
    click.echo(f"{'':20}{'accuracy':>10}{'change':>9}{'answered':>10}{'wrong':>8}{'p50_ms':>8}")
    with tempfile.TemporaryDirectory() as workspace:
        chosen = Options(test_share=0, seed=seed, **options)
        release = train(dataset, Path(workspace), chosen, rules=EntityRules())
        for changes, asked in ((CHANGES, test), (LONG_CHANGES, test[::LONG_STEP])):
            base: float | None = None
            for name, change in changes.items():
                chance = random.Random(seed)
                rows = [replace(row, text=change(row.text, chance)) for row in asked]
                found = test_release(release.folder, rows, chosen.max_wrong_answers, chosen.precision)
                figures[name] = {key: found[key] for key in FIGURES}
                base = found["accuracy"] if base is None else base
                accuracy, less = 100 * found["accuracy"], 100 * (found["accuracy"] - base)
                answered, wrong = 100 * found["coverage"], 100 * found["wrong_answers"]
                click.echo(
                    f"{name:20}{accuracy:10.2f}{less:+9.2f}{answered:10.1f}{wrong:8.1f}{found['p50_ms']:8.2f}"
                )
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


if __name__ == "__main__":
    run(main)
