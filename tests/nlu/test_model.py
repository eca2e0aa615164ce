"""The joint model in torch gives what the heads give in serving."""

from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import words_of
from nlu.heads import Heads, LinearHead, TagHead, tag_width, word_input
from nlu.heads import windows as served_windows
from nlu.letter_case import letter_cases, spread
from nlu.tagging import tag_names, transition_mask

pytestmark = pytest.mark.slow

TAGS = tag_names(["product"])
TEXTS = ["where is my blue lamp", "hi", "cancel A-1042 now !"]


def heads(width: int = 32) -> Heads:
    rng = np.random.default_rng(0)

    def linear(labels: tuple[str, ...], size: int) -> LinearHead:
        weight, bias = rng.normal(size=(size, len(labels))), rng.normal(size=len(labels))
        return LinearHead(labels, weight.astype(np.float32), bias.astype(np.float32))

    mask = transition_mask(TAGS)
    tag = TagHead(linear(TAGS, tag_width(width)), mask, mask[0])
    return Heads(
        linear(("cancel", "open", "refund"), width), tag, linear(("negative", "positive"), 2 * width + 3)
    )


def test_heads_come_back_from_the_model_as_they_went_in(tiny_base: Path) -> None:
    from nlu.model import JointModel
    from training.export import load_transformer

    start = heads()
    back = JointModel.from_base(load_transformer(str(tiny_base))[0], start).get_heads(start)
    assert back.sentiment is None  # fitted anew, on more than the vector
    assert set(back.arrays()) == {name for name in start.arrays() if not name.startswith("sentiment")}
    for name, array in back.arrays().items():
        if name in ("tag.weight", "tag.bias"):  # from here on it reads the last layer
            assert not array.any()
        else:
            assert array == pytest.approx(start.arrays()[name], abs=1e-5), name


def test_the_model_scores_as_serving_does(tiny_base: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    from nlu.model import IGNORED, JointModel, tag_layer
    from training.export import load_transformer

    start = heads()
    model = JointModel.from_base(load_transformer(str(tiny_base))[0], start, is_cased=False).eval()
    with torch.no_grad():
        for weight in (model.heads["tag"].weight, model.encoder.embeddings.token_type_embeddings.weight):
            weight.copy_(torch.randn_like(weight))
    tokenizer = AutoTokenizer.from_pretrained(str(tiny_base))
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    places = [words_of(one, text) for one, text in zip(batch.encodings, TEXTS, strict=True)]
    most = max(len(firsts) for firsts, _ in places)
    words = torch.tensor([[*firsts, *[IGNORED] * (most - len(firsts))] for firsts, _ in places])
    cases, token_cases = torch.zeros_like(words), torch.zeros_like(batch["input_ids"])
    for row, (text, (firsts, spans)) in enumerate(zip(TEXTS, places, strict=True)):
        of_words = letter_cases(text, spans)
        cases[row, : len(firsts)] = torch.from_numpy(of_words)
        token_cases[row] = torch.from_numpy(spread(of_words, firsts, batch["input_ids"].shape[1]))
    tag = model.get_heads(start).tag
    assert tag is not None
    with torch.inference_mode():
        found = model(batch["input_ids"], batch["attention_mask"], token_cases, words, cases)
        states = model.encoder(
            batch["input_ids"],
            attention_mask=batch["attention_mask"],
            token_type_ids=token_cases,
            output_hidden_states=True,
        ).hidden_states[tag_layer(model.config)]
    for row, (firsts, _) in enumerate(places):
        window = served_windows(word_input(states[row][firsts].numpy(), cases[row, : len(firsts)].numpy()))
        wanted = window @ tag.scores.weight + tag.scores.bias
        assert found.tag_logits[row, : len(firsts)].numpy() == pytest.approx(wanted, abs=1e-3)


def test_letter_case_means_nothing_before_it_is_learned(tiny_base: Path) -> None:
    import torch

    from nlu.model import JointModel
    from training.export import load_transformer

    ids = torch.tensor([[2, 5, 6, 7, 3]])
    transformer, _ = load_transformer(str(tiny_base))
    plain, told = (
        JointModel.from_base(transformer, heads(), is_cased=is_cased).eval() for is_cased in (True, False)
    )
    with torch.inference_mode():
        wanted = plain(ids, torch.ones_like(ids)).intent_logits
        met = told(ids, torch.ones_like(ids), torch.tensor([[0, 2, 1, 4, 0]])).intent_logits
    assert met.numpy() == pytest.approx(wanted.numpy(), abs=1e-5)


def test_a_head_learns_nothing_from_rows_without_its_labels(tiny_base: Path) -> None:
    import torch

    from nlu.model import IGNORED, JointModel
    from training.export import load_transformer

    model = JointModel.from_base(load_transformer(str(tiny_base))[0], heads())
    ids, words = torch.tensor([[2, 5, 6, 3]]), torch.tensor([[1, 2]])
    out = model(
        ids, torch.ones_like(ids), words=words, cases=torch.zeros_like(words),
        intent=torch.tensor([1]), tags=torch.full((1, 2), IGNORED), sentiment=torch.tensor([IGNORED]),
    )  # fmt: skip
    assert out.loss is not None
    out.loss.backward()
    grads = {name: float(layer.weight.grad.abs().sum()) for name, layer in model.heads.items()}
    assert grads["intent"] > 0
    assert grads["tag"] == grads["sentiment"] == 0


def test_a_batch_without_any_label_has_no_loss_but_zero(tiny_base: Path) -> None:
    import torch

    from nlu.model import IGNORED, JointModel
    from training.export import load_transformer

    model = JointModel.from_base(load_transformer(str(tiny_base))[0], heads())
    ids = torch.tensor([[2, 5, 3]])
    out = model(ids, torch.ones_like(ids), intent=torch.tensor([IGNORED]))
    assert out.loss.item() == 0


def test_contrast_is_the_log_improbability_of_picking_one_of_the_same_intent() -> None:
    import torch
    from torch.nn import functional

    from nlu.model import CONTRAST_TEMPERATURE, IGNORED, contrast

    vectors = functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0], [0.3, 1.0]]), dim=-1)
    intents = torch.tensor([0, 0, 1, IGNORED])
    likeness = (vectors @ vectors.T / CONTRAST_TEMPERATURE).exp()
    first = -(likeness[0, 1] / likeness[0, 1:].sum()).log()
    second = -(likeness[1, 0] / (likeness[1].sum() - likeness[1, 1])).log()
    assert contrast(vectors, intents).item() == pytest.approx(((first + second) / 2).item(), rel=1e-3)


def test_contrast_is_nothing_where_no_two_share_an_intent() -> None:
    import torch

    from nlu.model import IGNORED, contrast

    vectors = torch.eye(3, requires_grad=True)
    loss = contrast(vectors, torch.tensor([0, 1, IGNORED]))
    loss.backward()
    assert loss.item() == 0.0
    assert vectors.grad is not None
    assert not vectors.grad.any()
