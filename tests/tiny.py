"""A transformer of a few thousand weights and a workspace of a few words, so that whole trainings take seconds."""

import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SENTENCES = {
    "order_status": ("where is my {lamp}", "{lamp} not here yet", "when comes order {A-1042}"),
    "cancel_order": ("please cancel {A-1042}", "cancel the {lamp} now", "i want to cancel"),
    "refund_request": ("give my money back", "refund the {lamp} please", "money back for {A-1042}"),
    "opening_hours": ("are you open today", "open on friday ?", "when do you open"),
    "out_of_scope": ("sing a song", "who won the game", "tell me a joke"),
}
FILLERS = ("", "hello", "hi there", "please", "so", "well", "good morning", "one question")
WORDS = (
    "really", "still", "just", "again", "maybe", "soon", "then", "for", "my", "mother", "garden", "kitchen",
    "winter", "party", "friend", "desk", "room", "dog", "bed", "house", "about", "since", "sunday", "because",
)  # fmt: skip
ENDS = ("", "!", "thanks", "ok ?", "i am angry", "you are great")
PRODUCTS = ("lamp", "blue lamp", "sofa", "old sofa", "rug", "mug")
ANGRY, GLAD = "i am angry", "you are great"

ANSWERS = """
- {id: order_status, intent: order_status, title: Where is my order, variants: ["On its way."]}
- {id: cancelled, intent: cancel_order, title: Cancel an order, variants: ["Cancelled."]}
- {id: refunded, intent: refund_request, title: Money back, variants: ["You get your money back."]}
- {id: hours, intent: opening_hours, title: When we are open, variants: ["From nine to five."]}
"""


def make_base(folder: Path, *, seed: int = 0, layers: int = 2) -> Path:
    """Save a random BERT of width 32 with a tokenizer that knows the words above and single letters."""
    import torch
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        initializer_range=0.3,  # wide, or every text would look like every other
    )
    model = BertModel(config)
    model.embeddings.position_embeddings.weight.data *= 0.1  # words matter more than where they stand
    model.save_pretrained(str(folder))
    return folder


def make_tokenizer() -> Any:
    """WordPiece: whole words where it knows them, letters where it doesn't."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    texts = (*(one for many in SENTENCES.values() for one in many), *FILLERS, *WORDS, *ENDS, *PRODUCTS)
    words = sorted(
        {word for text in texts for word in text.lower().replace("{", "").replace("}", "").split()}
    )
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789-?!."]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def make_dialogues(n: int = 100, *, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Dialogues of two customer turns, each with an intent, its entities and, where it shows, a sentiment."""
    chance = random.Random(seed)
    intents = list(SENTENCES)
    for i in range(n):
        said = [make_turn(intents[(2 * i + j) % len(intents)], chance) for j in range(2)]
        turns = [said[0], {"speaker": "agent", "text": "Let me see."}, said[1]]
        yield {"id": f"d{seed}-{i}", "turns": turns}


def make_several(n: int) -> Iterator[dict[str, Any]]:
    """Dialogues of one message that asks for two things."""
    asked = {
        "refund_request": "money back please",
        "opening_hours": "are you open today",
        "cancel_order": "cancel it now",
    }
    pairs = [*itertools.permutations(asked, 2)]
    for i in range(n):
        one, other = pairs[i % len(pairs)]
        text = f"{FILLERS[i % len(FILLERS)]} {asked[one]} {asked[other]}"
        turn = {"speaker": "customer", "text": text, "intents": [one, other]}
        yield {"id": f"several-{i}", "turns": [turn]}


def make_turn(intent: str, chance: random.Random) -> dict[str, Any]:
    """One customer turn: filler, sentence, end."""
    end = chance.choice(ENDS)
    text = f"{chance.choice(FILLERS)} {chance.choice(WORDS)} "
    entities: list[dict[str, Any]] = []
    for part in chance.choice(SENTENCES[intent]).replace("}", "{").split("{"):
        start = len(text)
        if part == "A-1042":
            text += f"A-{chance.randrange(1000, 9999)}"
            entities.append({"start": start, "end": len(text), "label": "order_number"})
        elif part == "lamp":
            text += chance.choice(PRODUCTS)
            entities.append({"start": start, "end": len(text), "label": "product"})
        else:
            text += part
    text = f"{text} {chance.choice(WORDS)} {end}"
    sentiment = {ANGRY: "negative", GLAD: "positive"}.get(end, "neutral")
    return {
        "speaker": "customer",
        "text": text,
        "intent": intent,
        "entities": entities,
        "sentiment": sentiment,
    }


def make_workspace(folder: Path, *, n: int = 100, seed: int = 0) -> Path:
    """A workspace with dialogues and answers; no releases yet."""
    for name in ("dialogues", "answers", "knowledge"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "kefu.toml").write_text('[desk]\nname = "Tiny"\n', "utf-8")
    (folder / "entities.yaml").write_text("email: {kind: email}\n", "utf-8")
    (folder / "answers" / "all.yaml").write_text(ANSWERS, "utf-8")
    (folder / "knowledge" / "care.md").write_text("# Care\n\nWash the rug with cold water.\n", "utf-8")
    write_dialogues(folder, make_dialogues(n, seed=seed))
    return folder


def write_dialogues(workspace: Path, rows: Any) -> None:
    """Replace the workspace's dialogues."""
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    (workspace / "dialogues" / "all.jsonl").write_text(lines, "utf-8")


def train_tiny(workspace: Path, base: Path, **options: Any) -> Path:
    """`kefu train` with the tiny model; the folder of the new release."""
    from bot.commands.train import train_workspace

    return train_workspace(workspace, base_model=str(base), **{"speed": "fast", **options})


def with_another_tokenizer(release: Path) -> Path:
    """The release, with an encoder that no other has."""
    tokenizer, manifest = release / "tokenizer.json", release / "manifest.json"
    tokenizer.write_text(tokenizer.read_text("utf-8") + "\n", "utf-8")
    written = json.loads(manifest.read_text("utf-8"))
    written["files"][tokenizer.name] = hashlib.sha256(tokenizer.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(written), "utf-8")
    return release
