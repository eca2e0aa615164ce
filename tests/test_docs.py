"""The docs and the program say the same: settings, commands, variables, files, links, examples."""

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.settings import Settings, load_settings
from bot.store.tables.schema import metadata
from docs.commands import PAGE, commands
from nlu.files import ReleaseFiles
from nlu.rule_files import PATTERN_KEYS, TYPE_KEYS, load_rules
from nlu.values.kinds import KINDS
from retrieval.answer_files import ANSWER_KEYS, load_answers
from retrieval.templates import CONTEXT_NAMES, FILTERS
from tests.markdown import (
    DOCS,
    INLINE_CODE,
    PAGES,
    ROOT,
    anchors,
    blocks,
    command_lines,
    links,
    names,
    prose,
    relative,
    rows,
    section,
)
from training.dialogue_fields import DIALOGUE_KEYS, ENTITY_KEYS, TURN_KEYS, Problems, as_dialogue

# What the data map says of other places.
OUTSIDE = {"dialogues/log.jsonl", "releases/"}
CODE = ("bot", "nlu", "retrieval", "training")
CONFIGURATION, ANSWERS, ENTITIES, DIALOGUES, ARCHITECTURE = (
    DOCS / f"{name}.md" for name in ("configuration", "answers", "entities", "dialogues", "architecture")
)


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    for target in links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{path.name} links to {target}"


def test_the_index_has_every_page() -> None:
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= set(links(DOCS / "README.md"))


# settings and environment


def groups() -> Iterator[tuple[str, type[BaseModel]]]:
    """The tables of kefu.toml, as docs/configuration.md calls them."""
    for path, kind in tables(Settings):
        yield f"[{path}]", kind


def tables(group: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Those within a group, by their keys in it, each followed by those within it."""
    for name, field in group.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                path = name if kind is field.annotation else f"{name}.NAME"
                yield path, kind
                yield from ((f"{path}.{inner}", within) for inner, within in tables(kind))


def as_toml(default: Any) -> str:
    """A default as it would stand in kefu.toml."""
    if isinstance(default, str):
        return f'"{default}"'
    if isinstance(default, tuple):
        return f"[{', '.join(map(as_toml, default))}]"
    return str(default).lower()


def test_every_table_of_settings_is_documented() -> None:
    told = re.findall(r"^## (\[.*\])$", CONFIGURATION.read_text("utf-8"), re.MULTILINE)
    assert told == [title for title, _ in groups()]


@pytest.mark.parametrize(("title", "group"), list(groups()))
def test_every_setting_is_documented_with_its_default(title: str, group: type[BaseModel]) -> None:
    told = {row[0].strip("`"): row[2] for row in rows(section(CONFIGURATION, title)) if len(row) == 4}
    within = {path.partition(".")[0] for path, _ in tables(group)}
    fields = {name: field for name, field in group.model_fields.items() if name not in within}
    assert list(told) == list(fields)
    for name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        if default is None or default is PydanticUndefined:
            assert "`" not in told[name], name
        else:
            assert told[name] == f"`{as_toml(default)}`", name


def trees() -> Iterator[ast.AST]:
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))


def variables(tree: ast.AST) -> Iterator[str]:
    """The names that a file looks up in os.environ, or as a secret."""
    constants = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        asked: ast.expr | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv", "secret"}:
            asked = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            asked = node.slice if isinstance(node.ctx, ast.Load) else None
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
            asked = node.left
        if isinstance(asked, ast.Name):
            asked = constants.get(asked.id)
        if isinstance(asked, ast.Constant):
            yield str(asked.value)


def test_every_environment_variable_is_documented() -> None:
    read = {name for tree in trees() for name in variables(tree)}
    assert read == set(names(section(CONFIGURATION, "Environment variables")))


# commands


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    # In a process of its own: click keeps the help option that a command was first run with.
    program = "import sys; from docs.commands import page; sys.stdout.buffer.write(page().encode())"
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, cwd=PAGE.parent.parent
    )
    assert PAGE.read_text("utf-8") == told.stdout.decode(), (
        "docs/commands.md is old; run: python -m docs.commands"
    )


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_and_option_says_what_it_is_for(name: str) -> None:
    command = commands()[name]
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{name} {parameter.opts[0]}"


def calls(path: Path) -> Iterator[tuple[str, ...]]:
    """The commands a page shows that are ours: ("kefu train", "-w", "my-desk")."""
    for words in command_lines(path):
        program = words[0].split("/")[-1] if words else ""
        if program == "kefu" and len(words) > 1 and words[1] != "COMMAND" and words[1] != "--version":
            n_words = 3 if " ".join(words[1:3]) in commands() else 2
            yield (f"kefu {' '.join(words[1:n_words])}", *words[n_words:])
        elif program.startswith("python") and words[1] == "-m" and words[2].startswith("bench."):
            yield tuple(words[2:])


CALLS = sorted({call for path in PAGES if path != PAGE for call in calls(path)})


def command_of(name: str) -> click.Command:
    if name.startswith("bench."):
        main: click.Command = importlib.import_module(name).main
        return main
    return commands()[name.removeprefix("kefu ")]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_documented_command_line_is_understood(call: tuple[str, ...]) -> None:
    command = command_of(call[0])
    context = click.Context(command)
    given, left, _ = command.make_parser(context).parse_args(list(call[1:]))
    assert not left
    for parameter in command.params:
        # Files that the docs name are not there.
        is_there = parameter.name in given and parameter.nargs != -1
        if is_there and not isinstance(parameter.type, click.Path | click.DateTime):
            parameter.type_cast_value(context, given[parameter.name])


def test_the_docs_show_every_command_at_work() -> None:
    assert {f"kefu {name}" for name in commands()} <= {call[0] for call in CALLS}


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_make_is_given_words_it_knows(path: Path) -> None:
    rules = (ROOT / "Makefile").read_text("utf-8")
    for words in command_lines(path):
        if words and words[0] == "make":
            assert re.search(rf"^{words[1]}:", rules, re.MULTILINE), words


# examples


def shown(language: str) -> list[Any]:
    return [
        pytest.param(code, id=f"{relative(path)}-{number}")
        for path in PAGES
        for number, code in enumerate(blocks(path, language), 1)
    ]


def yaml_shown(*, has_answers: bool) -> list[Any]:
    return [one for one in shown("yaml") if ("intent:" in one.values[0]) == has_answers]


@pytest.mark.parametrize("code", shown("toml"))
def test_settings_in_the_docs_can_be_read(code: str, tmp_path: Path) -> None:
    (tmp_path / "kefu.toml").write_text(code, "utf-8")
    load_settings(tmp_path)


@pytest.mark.parametrize("code", yaml_shown(has_answers=True))
def test_answers_in_the_docs_can_be_read(code: str, tmp_path: Path) -> None:
    small_talk = ROOT / "bot" / "starter" / "answers" / "conversation.yaml"
    (tmp_path / small_talk.name).write_bytes(small_talk.read_bytes())
    (tmp_path / "shown.yaml").write_text(code, "utf-8")
    load_answers(tmp_path)


@pytest.mark.parametrize("code", yaml_shown(has_answers=False))
def test_entities_in_the_docs_can_be_read(code: str, tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(code, "utf-8")
    assert load_rules(path).labels


# what an operator writes


def test_every_key_of_an_answer_is_documented() -> None:
    assert set(names(section(ANSWERS, "Keys"))) == set(ANSWER_KEYS)


def test_what_templates_may_use_is_documented() -> None:
    told = section(ANSWERS, "Templates")
    filters = re.search(r"^Filters: (.*?) as in Jinja", told, re.MULTILINE)
    assert filters is not None
    assert INLINE_CODE.findall(filters[1]) == FILTERS
    assert set(names(told)) == {*CONTEXT_NAMES, "date", "money"}


def test_every_kind_and_key_of_entities_is_documented() -> None:
    assert set(names(section(ENTITIES, "kind"))) == set(KINDS)
    assert set(names(section(ENTITIES, "patterns"))) == set(PATTERN_KEYS)
    assert set(TYPE_KEYS) <= anchors(ENTITIES)


def test_every_field_of_a_dialogue_is_documented() -> None:
    assert set(names(section(DIALOGUES, "Fields"))) == {*DIALOGUE_KEYS, *TURN_KEYS, *ENTITY_KEYS}


def test_the_dialogue_in_the_docs_is_valid() -> None:
    wrong = Problems()
    for code in blocks(DIALOGUES, "json"):
        as_dialogue(json.loads(code), wrong)
    assert wrong.found == []


# whose data it is


def test_the_data_map_has_every_table_and_no_other() -> None:
    told = names(section(DOCS / "privacy.md", "Data map"))
    assert sorted(told) == sorted({*metadata.tables, "message_words"} | OUTSIDE)


# how it works


def reasons(tree: ast.AST) -> Iterator[str]:
    """The fixed words of decisions in a piece of code."""
    for node in ast.walk(tree):
        said: list[ast.expr] = []
        if isinstance(node, ast.Call):
            said += [word.value for word in node.keywords if word.arg == "reason"]
            said += node.args[1:2] if ast.unparse(node.func) in {"Decision", "_said"} else []
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
            said.append(node.value)
        for expression in said:
            yield from outcomes(expression)


def outcomes(expression: ast.expr) -> Iterator[str]:
    """The texts that `"a" if b else "c"` may give."""
    if isinstance(expression, ast.IfExp):
        yield from (*outcomes(expression.body), *outcomes(expression.orelse))
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value


def test_every_reason_of_a_decision_is_documented() -> None:
    used = {reason for tree in trees() for reason in reasons(tree)}
    assert used | {"helpful", "not_helpful"} == set(names(section(ARCHITECTURE, "Decisions")))


def test_every_file_of_a_release_is_documented() -> None:
    files = ReleaseFiles(Path())
    parts = [name for name, found in vars(ReleaseFiles).items() if isinstance(found, property)]
    paths = [*(getattr(files, part) for part in parts), files.encoder("int8"), files.encoder("fp32")]
    told = names(section(ARCHITECTURE, "A release"))
    assert set(told) == {*(path.name for path in paths), "report.html", "report.json"}


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_every_module_that_is_named_exists(path: Path) -> None:
    for name in INLINE_CODE.findall(prose(path)):
        if re.fullmatch(rf"(?:{'|'.join(CODE)}|tests|bench)(?:/\w+)+(?:\.py)?", name):
            assert (ROOT / name).exists(), name


def test_the_tree_in_the_readme_has_every_folder() -> None:
    tree = next(code for code in blocks(ROOT / "README.md", "") if "bot/" in code)
    made = {"build", "dist", "kefu.egg-info"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert set(re.findall(r"^(\w+)/", tree, re.MULTILINE)) == folders - made
