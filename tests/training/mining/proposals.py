"""A small proposal with its files, to be reviewed and accepted."""

from collections.abc import Mapping
from pathlib import Path

from training.dialogue_writing import write_dialogues
from training.mining.proposal import (
    MinedRequest,
    Proposal,
    ProposedAnswer,
    ProposedEntity,
    ProposedIntent,
    ProposedSlot,
)
from training.mining.proposal_files import DIALOGUES, mined_folder, write_mined
from training.turns import Dialogue, DialogueTurn

HOURS = ProposedAnswer(
    ("We're open from nine to five.",), n_replies=4, n_exchanges=5, heard=("Nine to five!",)
)
WHERE = ProposedAnswer(
    ("Your parcel {{ order_number }} takes three days. It came on [[date]].",),
    (ProposedSlot("order_number", "order_number", "Which order is it?"),),
    n_replies=3,
    n_exchanges=6,
    heard=("It takes three days.",),
)
SAID = {
    "hours": ("when do you open", "are you open today", "opening times please", "open on sunday"),
    "where": (
        "where is my parcel",
        "my parcel is late",
        "parcel not here",
        "track it, mail me at ann@x.example",
    ),
    "cancel": ("cancel it", "i want to cancel"),
}
GROUPS = {"hours": "1", "where": "2", "cancel": "3"}


def intent(name: str, *answers: ProposedAnswer, near: Mapping[str, float] | None = None) -> ProposedIntent:
    return ProposedIntent(name, (GROUPS[name],), len(SAID[name]), SAID[name][:3], 0.7, near or {}, answers)


def proposal() -> Proposal:
    return Proposal(
        12,
        20,
        (intent("hours", HOURS), intent("where", WHERE, HOURS, near={"3": 0.8}), intent("cancel")),
        (ProposedEntity("order_number", patterns=(r"\bAB-?\d{4}\b",), n_seen=9),),
    )


def requests() -> list[MinedRequest]:
    grouped = [(name, text) for name, texts in SAID.items() for text in texts]
    found = [MinedRequest(f"d{i}", 0, text, GROUPS[name]) for i, (name, text) in enumerate(grouped)]
    return [*found, MinedRequest("noise", 0, "tell me a joke")]


def write_proposal_files(workspace: Path) -> Path:
    """A workspace whose mined/ holds all that mining leaves but vectors."""
    folder = mined_folder(workspace)
    folder.mkdir(parents=True)
    turns = [
        (
            one.dialogue,
            (DialogueTurn("customer", one.text), DialogueTurn("agent", "Call me on +44 20 7946 0018.")),
        )
        for one in requests()
    ]
    write_dialogues(folder / DIALOGUES, (Dialogue(name, said) for name, said in turns))
    write_mined(folder, proposal(), requests())
    return workspace
