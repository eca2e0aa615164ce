"""How a base model is used: what its own files say, and what is known of a family that says nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from nlu.prompts import Prompts
from training.errors import TrainingError
from training.sentence_config import SentenceConfig, read_sentence_config

POOLING, PROMPTS = "1_Pooling/config.json", "config_sentence_transformers.json"
E5 = Prompts("query: ", "passage: ")


def write(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("content", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "include_prompt": True}, "mean"),
        ({"embedding_dimension": 384, "pooling_mode": "cls"}, "cls"),
        ({"word_embedding_dimension": 384}, "mean"),
    ],
)
def test_pooling_is_what_the_model_says(tmp_path: Path, content: Any, pooling: str) -> None:
    assert read_sentence_config(write(tmp_path, POOLING, content)).pooling == pooling


@pytest.mark.parametrize(
    "content",
    [
        {"pooling_mode_lasttoken": True},
        {"pooling_mode": "max"},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
    ],
)
def test_another_pooling_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(TrainingError, match=r"1_Pooling/config\.json has the pooling .*; wanted mean or cls"):
        read_sentence_config(write(tmp_path, POOLING, content))


@pytest.mark.parametrize(
    ("content", "prompts"),
    [
        ({"prompts": {"query": "query: ", "passage": "passage: "}}, E5),
        (
            {"prompts": {"query": "q: ", "document": "d: "}, "default_prompt_name": None},
            Prompts("q: ", "d: "),
        ),
        ({"prompts": {"query": "search for: ", "document": ""}}, Prompts("search for: ", "")),
        ({"prompts": {"any": "text: "}, "default_prompt_name": "any"}, Prompts("text: ", "text: ")),
        ({"prompts": {}, "similarity_fn_name": "cosine"}, Prompts()),
    ],
)
def test_prompts_are_what_the_model_says(tmp_path: Path, content: Any, prompts: Prompts) -> None:
    assert read_sentence_config(write(tmp_path, PROMPTS, content)).prompts == prompts


@pytest.mark.parametrize(
    ("name", "prompts"),
    [
        ("multilingual-e5-small", E5),
        ("e5", E5),
        ("E5-base-v2", E5),
        ("multilingual-e5-large-instruct", Prompts()),
        ("all-MiniLM-L6-v2", Prompts()),
        ("core5", Prompts()),
    ],
)
def test_an_e5_has_its_prompts_though_its_files_name_none(
    tmp_path: Path, name: str, prompts: Prompts
) -> None:
    (tmp_path / name).mkdir()
    assert read_sentence_config(str(tmp_path / name)) == SentenceConfig("mean", prompts)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"config_sentence_transformers\.json: can't be read"):
        read_sentence_config(write(tmp_path, PROMPTS, "{"))
    with pytest.raises(
        TrainingError, match=r"config_sentence_transformers\.json: met list, wanted an object"
    ):
        read_sentence_config(write(tmp_path, PROMPTS, []))
