"""`kefu replay`: what the bot would have done in past dialogues."""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.errors import BotError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from bot.learning.replaying import Heard, PastDesk
    from training.agreement import Judge
    from training.importers.source import Options
    from training.registry import Release
    from training.replay import Deed, Desk
    from training.replay_figures import Figures
    from training.replay_page import Replayed
    from training.turns import Dialogue

FOLDER = "replay"  # in the workspace
FORMAT_NAMES = ("jsonl", "telegram", "rasa", "conll", "csv", "transcript")
FEW_AGREED = 30  # answers to compare; fewer say little
MOST_INTENTS = 12  # in the terminal


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@workspace_option
@click.option(
    "--release", default="current", show_default=True, help="A release's name, current, or previous."
)
@click.option(
    "--compare", metavar="RELEASE", help="Another release on the same dialogues: what changed from it?"
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for replay.html and replay.json.  [default: WORKSPACE/replay]",
)
@click.option("--format", "form", type=click.Choice(FORMAT_NAMES), help="Default: told by the content.")
@click.option(
    "--agent", "agents", multiple=True, metavar="NAME", help="A name that is staff; may be repeated."
)
@click.option("--customer", "customers", multiple=True, metavar="NAME", help="A name that is a customer.")
@click.option("--bot", "bots", multiple=True, metavar="NAME", help="A name that is a bot.")
def command(
    files: tuple[Path, ...],
    workspace: Path,
    release: str,
    compare: str | None,
    output: Path | None,
    form: str | None,
    agents: tuple[str, ...],
    customers: tuple[str, ...],
    bots: tuple[str, ...],
) -> None:
    """What would the bot have done in the past dialogues of FILES?

    Each request of a customer goes through the engine, and what it does is compared with what a person replied. FILES
    are of any format that `kefu import` takes; CSV and the like may have to be imported first. No system of the company
    is called, nothing goes to the log. docs/replay.md says what the figures prove and what they don't."""
    if find_spec("sklearn") is None:
        raise BotError("a replay needs what training needs; pip install 'kefu[train]' brings it")
    from rich.console import Console

    from bot.progress import Stages
    from training.importers.source import Options
    from training.registry import Registry
    from training.replay_page import write_replay

    settings = load_settings(workspace)
    registry = Registry(workspace)
    chosen = [registry.find(name) for name in (compare, release) if name is not None]
    options = Options(agents=agents, customers=customers, bots=bots)
    console = Console(stderr=True, highlight=False)
    with Stages(console) as stages:
        replayed = replay_files(files, settings, chosen, options, form=form, show=stages.show)
    folder = output or settings.folder / FOLDER
    try:
        page = write_replay(folder, replayed)
    except OSError as error:
        raise BotError(f"{folder}: can't be written: {error.strerror or error}") from error
    _tell(replayed)
    click.echo(f"page: {page}")


def replay_files(
    files: Sequence[Path],
    settings: Settings,
    releases: Sequence["Release"],
    options: "Options",
    *,
    form: str | None = None,
    show: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> "Replayed":
    """Replay the dialogues of files with one release, or two to compare, the later one last."""
    from importlib.metadata import version

    from nlu.files import ReleaseFiles
    from retrieval.fusion import load_budgets
    from training.replay import replay
    from training.replay_comparing import Pairs
    from training.replay_figures import Tally
    from training.replay_page import Replayed

    show("reading dialogues", 0, 0)
    total = sum(1 for _ in read_files(files, options, form))
    show("loading", 0, 0)
    desks = [load_desk(settings, release) for release in releases]
    tallies = [
        Tally(one.name, desk.retriever.budget, load_budgets(ReleaseFiles(one.folder).fusion)[1], which)
        for which, (one, desk) in enumerate(zip(releases, desks, strict=True))
    ]
    pairs = Pairs((releases[0].name, releases[1].name)) if len(releases) == 2 else None
    done = 0

    def watch(n_dialogues: int) -> None:
        nonlocal done
        done += n_dialogues
        show("replaying", done, total)

    with closing(read_files(files, options, form)) as dialogues:
        for request in replay(
            dialogues,
            [as_desk(desk) for desk in desks],
            judge_of(settings.folder, desks[-1]),
            learned=learned_by(releases),
            watch=watch,
        ):
            for tally in tallies:
                tally.add(request)
            if pairs:
                pairs.add(request)
    show("figures", 0, 0)
    figures = tuple(tally.figures(total) for tally in tallies)
    names = tuple(path.name for path in files)
    return Replayed(names, figures, pairs.compare() if pairs else None, _notes(figures[-1]), version("kefu"))


def read_files(
    files: Sequence[Path], options: "Options", form: str | None
) -> "Generator[Dialogue, None, None]":
    """The dialogues of files in any format, each once, one by one."""
    from training.importers.formats import check_options, find_format
    from training.importers.intake import Intake, Known, read_new
    from training.importers.source import Source

    sources = [Source(path, options.encoding) for path in files]
    intakes = [Intake(source.path, form or find_format(source)) for source in sources]
    check_options(options, [intake.format for intake in intakes])
    known = Known()
    for source, intake in zip(sources, intakes, strict=True):
        yield from read_new(source, intake, known, options)


def load_desk(settings: Settings, release: "Release") -> "PastDesk":
    """A release and the workspace's answers, for past dialogues."""
    from bot.learning.replaying import PastDesk
    from bot.loading import load_release
    from bot.texts import check_actions
    from retrieval.answer_files import load_answers

    book = load_answers(settings.folder / "answers")
    check_actions(book, tuple(settings.actions))
    return PastDesk(settings, release.name, book, *load_release(settings, release.folder, book))


def as_desk(desk: "PastDesk") -> "Desk":
    """The engine as a measurement sees it."""
    from bot.learning.replaying import Said

    threshold = desk.retriever.budget.answer_threshold

    def hear(dialogues: "Sequence[Dialogue]") -> "list[list[Deed | None]]":
        said = [
            [Said(turn.text, turn.at) for turn in dialogue.turns if turn.speaker == "customer"]
            for dialogue in dialogues
        ]
        return [
            [None if heard is None else as_deed(heard, threshold) for heard in one] for one in desk.hear(said)
        ]

    return hear


def as_deed(heard: "Heard", threshold: float) -> "Deed":
    """What was done about a turn, and how sure one would have to be to do it."""
    from training.replay import Deed

    decision, findings, best = heard.decision, heard.findings, heard.guess or heard.outcome
    confidence, intent = findings.confidence if findings else 0.0, decision.intent
    if heard.is_answered:
        confidence = max(confidence, threshold)
    elif heard.guess is not None and findings is not None:
        confidence, intent = min(confidence, math.nextafter(threshold, 0)), findings.intents[0].intent
    is_said = heard.is_answered or heard.guess is not None
    is_handed_over = best.decision is not None and best.decision.kind == "hand_over"
    if not is_said or (is_handed_over and not heard.needs_system):
        confidence = -math.inf
    text = "\n".join(reply.text for reply in best.replies)
    return Deed(
        did="answered" if heard.is_answered else "asked" if decision.kind == "clarify" else "handed_over",
        reason=decision.reason,
        intent=intent,
        confidence=confidence,
        said="" if heard.needs_system or confidence == -math.inf else text,
        is_request=heard.is_request,
        needs_system=heard.needs_system,
    )


def judge_of(workspace: Path, desk: "PastDesk") -> "Judge":
    """Compares with the workspace's answers and what its staff replied to labelled messages."""
    from training.agreement import Judge, phrases_of, replies_of_staff
    from training.dialogues import dialogue_files, read_dialogues

    replies = replies_of_staff(read_dialogues(dialogue_files(workspace)))
    return Judge(desk.understander.encoder.encode_passages, [*phrases_of(desk.book), *replies])


def learned_by(releases: "Sequence[Release]") -> frozenset[str]:
    """What the releases learned from, as `near_duplicate_key`s."""
    from nlu.files import ReleaseFiles
    from retrieval.example_files import read_examples
    from training.dataset import near_duplicate_key

    several = (read_examples(ReleaseFiles(release.folder).examples)[0] for release in releases)
    return frozenset(near_duplicate_key(one[row].text) for one in several for row in range(len(one)))


def _notes(figures: "Figures") -> tuple[str, ...]:
    notes = []
    if figures.n_known:
        notes.append(
            f"{figures.n_known:,} of the {figures.n_requests:,} requests are among the messages the release learned from, word "
            "for word: on these it looks better than it is. Replay dialogues it has not seen."
        )
    if figures.n_requests and figures.point.agreed.n < FEW_AGREED:
        notes.append(
            f"Only {figures.point.agreed.n} answers can be compared with a person's reply: too few to say much."
        )
    return tuple(notes)


def _tell(replayed: "Replayed") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from training.pages import percent
    from training.replay_page import agreement_in_words, headline

    main, console = replayed.figures[-1], Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{headline(main)}[/]")
    if words := agreement_in_words(main):
        console.print(words)
    for note in replayed.notes:
        console.print(f"[yellow]{note}[/]")
    if comparison := replayed.comparison:
        console.print(comparison.verdict)
    right = [
        Column(name, justify="right", no_wrap=" " not in name)
        for name in ("requests", "answered", "of these, agree", "right by label")
    ]
    table = Table(Column("release", no_wrap=True), *right, "asked back", "handed over", box=None)
    for one in replayed.figures:
        point, did = one.point, one.by_did
        shares = (point.answered.value, point.agreed.value, point.right.value)
        table.add_row(
            one.release,
            f"{one.n_requests:,}",
            *map(percent, shares),
            str(did["asked"]),
            str(did["handed_over"]),
        )
    console.print(table)
    _tell_intents(main, console)


def _tell_intents(figures: "Figures", console: "Console") -> None:
    from rich.markup import escape
    from rich.table import Column, Table

    from training.pages import percent

    right = [Column(name, justify="right") for name in ("requests", "answered", "of these, agree")]
    table = Table("taken for", *right, box=None)
    for one in figures.intents[:MOST_INTENTS]:
        table.add_row(
            escape(one.name), f"{one.n:,}", percent(one.answered.value, 0), percent(one.agreed.value, 0)
        )
    console.print(table)
    if (rest := len(figures.intents) - MOST_INTENTS) > 0:
        console.print(f"and {rest} more intents")
