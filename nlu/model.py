"""JointModel: one encoder, an intent head, a tag head, a sentiment head (torch; for training only)."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, PreTrainedModel
from transformers.utils import ModelOutput

from nlu.heads import STATE_LENGTH, Heads, LinearHead, TagHead, tag_width
from nlu.letter_case import N_CASES

IGNORED = -100  # a label that isn't known: no loss
CONTRAST_TEMPERATURE = 0.1
CASE_DROPOUT = (
    0.15  # share of messages read as if nothing were known of their letter case, as many customers write
)
SCALE = 20.0  # of the unit vector before the intent head; folded into the head's weights for serving


@dataclass
class JointOutput(ModelOutput):  # type: ignore[misc]
    """Scores before softmax: intent (batch, intents), tags (batch, words, tags), sentiment (batch, sentiments)."""

    loss: Tensor | None = None
    intent_logits: Tensor | None = None
    tag_logits: Tensor | None = None
    sentiment_logits: Tensor | None = None


class JointModel(PreTrainedModel):  # type: ignore[misc]  # transformers has no types
    """A transformer with up to three heads; a head learns where its labels are.

    `config.kefu_labels` names the labels of each head: {"intent": [...], "tag": [...], "sentiment": [...]}."""

    base_model_prefix = "encoder"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(config, attn_implementation="eager")
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(
                    tag_width(config.hidden_size) if name == "tag" else config.hidden_size, len(labels)
                )
                for name, labels in config.kefu_labels.items()
            }
        )
        self.dropout = nn.Dropout(0.1)
        self.contrast_weight = 1.0  # beside the losses of the heads
        self.post_init()

    @classmethod
    def from_base(cls, transformer: Any, heads: Heads, *, is_cased: bool = True) -> "JointModel":
        """The base model's weights with heads fitted on its frozen output: the best place to start from.

        Only the tag head begins with nothing, for it reads the last layer from now on; and if the tokenizer isn't
        cased, the encoder is told the letter case of each token."""
        config = copy.deepcopy(transformer.config)
        config.kefu_labels = {name: list(labels) for name, labels in heads.label_names().items()}
        model = cls(config)
        model.encoder = copy.deepcopy(transformer)
        model.set_heads(heads)
        if heads.tag:
            config.kefu_tag_layer = model.encoder.config.kefu_tag_layer = config.num_hidden_layers
            if not is_cased and has_token_types(config):
                model._tell_letter_case()
        return model

    def _tell_letter_case(self) -> None:
        """Letter cases take the place of token types; each begins as the one type that texts had."""
        embeddings = self.encoder.embeddings
        types = nn.Embedding(N_CASES, self.config.hidden_size)
        with torch.no_grad():
            types.weight.copy_(embeddings.token_type_embeddings.weight[:1].expand(N_CASES, -1))
        embeddings.token_type_embeddings = types
        for config in (self.config, self.encoder.config):
            config.type_vocab_size, config.kefu_letter_case = N_CASES, True

    def set_heads(self, heads: Heads) -> None:
        """Take over the weights of linear heads that read the vector; the tag head begins with zeros."""
        self._set("intent", heads.intent, SCALE)
        if heads.tag:
            nn.init.zeros_(self._layer("tag").weight)
        if heads.sentiment:
            # The head reads more than the vector, but only through that can it teach the encoder.
            of_vector = heads.sentiment.weight[: self.config.hidden_size]
            self._set("sentiment", LinearHead(heads.sentiment.labels, of_vector, heads.sentiment.bias), SCALE)

    def _set(self, name: str, head: LinearHead, scale: float) -> None:
        with torch.no_grad():
            layer = self._layer(name)
            layer.weight.copy_(torch.from_numpy(head.weight.T / scale))
            layer.bias.copy_(torch.from_numpy(head.bias))

    def get_heads(self, start: Heads) -> Heads:
        """The heads as arrays for serving; transitions of the tags as in `start`.

        None for sentiment: what is served reads more than the vector, and is fitted on the tuned encoder."""
        intent = self._get("intent", SCALE)
        tag = None
        if start.tag:
            tag = TagHead(self._get("tag", 1.0), start.tag.transitions, start.tag.start)
        return Heads(intent, tag)

    def _get(self, name: str, scale: float) -> LinearHead:
        layer = self._layer(name)
        weight = layer.weight.detach().float().cpu().numpy().T * scale
        labels: Sequence[str] = self.config.kefu_labels[name]
        return LinearHead(
            tuple(labels), np.ascontiguousarray(weight, np.float32), layer.bias.detach().float().cpu().numpy()
        )

    def _layer(self, name: str) -> nn.Linear:
        layer = self.heads[name]
        assert isinstance(layer, nn.Linear)  # noqa: S101  # for the type checker
        return layer

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_cases: Tensor | None = None,
        words: Tensor | None = None,
        cases: Tensor | None = None,
        intent: Tensor | None = None,
        tags: Tensor | None = None,
        sentiment: Tensor | None = None,
    ) -> JointOutput:
        """Scores of a batch, with the summed loss of the labels given: `intent` and `sentiment` (batch,),
        `tags` (batch, words); IGNORED where a label isn't known. `words` (batch, words) holds the position of
        each word's first sub-word, IGNORED after the last, and `cases` the words' letter cases; without them no tags are scored.
        `token_cases` (batch, tokens) are letter cases too, of the tokens. In training the vectors of
        messages of one intent are drawn together as well, see `contrast`."""
        if self.training and token_cases is not None and cases is not None:
            is_kept = torch.rand(len(cases), 1, device=cases.device) >= CASE_DROPOUT
            token_cases, cases = token_cases * is_kept, cases * is_kept
        more = {"token_type_ids": token_cases} if reads_letter_case(self.config) else {}
        found = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **more
        )
        pooled = pool(found.last_hidden_state, attention_mask, self.config)
        vector = self.dropout(SCALE * pooled)
        intent_logits = self.heads["intent"](vector)
        tag_logits = None
        if "tag" in self.heads and words is not None and cases is not None:
            states = found.hidden_states[tag_layer(self.config)]
            tag_logits = self.heads["tag"](self.dropout(windows(states, words, cases)))
        sentiment_logits = self.heads["sentiment"](vector) if "sentiment" in self.heads else None
        pairs = ((intent_logits, intent), (tag_logits, tags), (sentiment_logits, sentiment))
        losses = [
            cross_entropy(logits, gold) for logits, gold in pairs if logits is not None and gold is not None
        ]
        if self.training and intent is not None:
            losses.append(self.contrast_weight * contrast(pooled, intent))
        return JointOutput(sum(losses) if losses else None, intent_logits, tag_logits, sentiment_logits)


def tag_layer(config: Any) -> int:
    """The layer whose states the tag head reads, the embeddings being 0: the last one if it was tuned for that, and
    otherwise the middle one, which knows most of words."""
    return int(getattr(config, "kefu_tag_layer", (config.num_hidden_layers + 1) // 2))


def reads_letter_case(config: Any) -> bool:
    """Whether the transformer's token types are letter cases, see `nlu.letter_case`."""
    return bool(getattr(config, "kefu_letter_case", False))


def has_token_types(config: Any) -> bool:
    """Whether the transformer takes token_type_ids."""
    return getattr(config, "type_vocab_size", 0) > 1


def windows(states: Tensor, words: Tensor, cases: Tensor) -> Tensor:
    """What `nlu.heads.windows` of `word_input` gives, for a batch: states (batch, tokens, width), words and cases
    (batch, words) -> (batch, words, tag_width)."""
    is_word = (words != IGNORED).unsqueeze(-1)
    at = words.clamp(min=0).unsqueeze(-1).expand(-1, -1, states.shape[-1])
    scaled = STATE_LENGTH * functional.normalize(states.gather(1, at), dim=-1, eps=1e-6)
    written = functional.one_hot(cases, N_CASES).to(scaled.dtype)
    inputs = torch.cat([scaled, written], dim=-1) * is_word
    before = functional.pad(inputs, (0, 0, 1, 0))[:, :-1]
    after = functional.pad(inputs, (0, 0, 0, 1))[:, 1:]
    return torch.cat([inputs, before, after], dim=-1)


def pool(hidden: Tensor, attention_mask: Tensor | None, config: Any, center: Tensor | None = None) -> Tensor:
    """Mean of the hidden states of real tokens (without a mask: of all), or that of the first where `config.kefu_pooling` is "cls", less what
    all texts share (`center`, else `config.kefu_center`, see `training.centering`); length 1: (batch, tokens, width) -> (batch, width)."""
    if getattr(config, "kefu_pooling", "mean") == "cls":
        pooled = hidden[:, 0]
    elif attention_mask is None:
        pooled = hidden.mean(dim=1)
    else:
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
    vector = functional.normalize(pooled, dim=-1)
    if center is None and (known := getattr(config, "kefu_center", None)):
        center = vector.new_tensor(known)
    return vector if center is None else functional.normalize(vector - center, dim=-1)


def cross_entropy(logits: Tensor, gold: Tensor) -> Tensor:
    """Mean over known labels; 0 (not NaN) where a batch has none, so that mixed sets train."""
    flat, labels = logits.reshape(-1, logits.shape[-1]), gold.reshape(-1)
    total = functional.cross_entropy(flat.float(), labels, ignore_index=IGNORED, reduction="sum")
    return total / (labels != IGNORED).sum().clamp(min=1)


def contrast(vectors: Tensor, intents: Tensor) -> Tensor:
    """Supervised contrastive loss (Khosla et al. 2020, equation 2) of unit vectors (batch, width): how improbable it is
    that a message of the same intent is picked among all others of the batch. 0 where no two share an intent."""
    known = intents != IGNORED
    same = (intents[:, None] == intents[None, :]) & known[:, None] & known[None, :]
    itself = torch.eye(len(intents), dtype=torch.bool, device=intents.device)
    same = same & ~itself
    likeness = (vectors @ vectors.T).float() / CONTRAST_TEMPERATURE
    log_probs = functional.log_softmax(likeness.masked_fill(itself, -torch.inf), dim=1)
    has_same = same.any(dim=1)
    picked = log_probs.masked_fill(~same, 0.0).sum(dim=1) / same.sum(dim=1).clamp(min=1)
    return -picked[has_same].sum() / has_same.sum().clamp(min=1)
