"""Who may import whom; docs/architecture.md says it in words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "nlu", "retrieval", "training")

# Where -> what may be imported from there, of ours. The longest that fits a file counts.
MAY_IMPORT = {
    "nlu": ("nlu",),
    "retrieval": ("retrieval",),
    "training": ("training", "nlu", "retrieval"),
    "bot": ("bot", "nlu", "retrieval"),
    "bot/cli.py": PACKAGES,
    "bot/commands": PACKAGES,
    "bot/store": ("bot.store", "bot.messages", "bot.errors", "bot.monitoring.meters", "bot.secrets.values", "nlu.understanding", "nlu.profile", "retrieval.candidates"),
    "bot/console": (
        "bot.console", "bot.web_address", "bot.engine", "bot.store", "bot.messages", "bot.settings", "bot.wording", "bot.dialogue.hours", "bot.errors",
        "bot.naming", "bot.autonomy", "bot.staffing", "bot.editing", "bot.review", "bot.watch", "bot.timetable",
        "bot.channels.web.assets", "bot.channels.web.labels", "bot.channels.web.limits", "bot.channels.web.origins",
    ),
    "bot/channels": (
        "bot.channels", "bot.engine", "bot.store", "bot.messages", "bot.settings", "bot.wording", "bot.errors", "bot.incoming.customer_commands",
        "bot.monitoring.meters", "bot.monitoring.pulse", "bot.monitoring.readiness",
    ),
    "bot/channels/telegram": (
        "bot.channels", "bot.engine", "bot.store", "bot.messages", "bot.settings", "bot.wording", "bot.errors", "bot.incoming.customer_commands",
        "bot.naming", "bot.review.rereading", "bot.secrets.bots", "bot.staffing", "bot.monitoring.meters", "bot.monitoring.tracing",
    ),
}  # fmt: skip

# What only some places may know of.
HELD_BACK = {
    "telegram": ("bot/channels/telegram",),
    "sqlalchemy": ("bot/store",),
    "alembic": ("bot/store",),
    "aiohttp": (
        "bot/outgoing/actions.py",
        "bot/outgoing",
        "bot/outgoing/webhook.py",
        "bot/serving.py",
        "bot/monitoring/listening.py",
        "bot/channels/web",
        "bot/console",
    ),
    "prometheus_client": ("bot/monitoring",),
    "opentelemetry": ("bot/monitoring",),
    "cryptography": ("bot/store/sealing/keyring.py",),
    "argon2": ("bot/console/accounts/passwords.py",),
    "pyotp": ("bot/console/accounts/second_factor.py",),
    "segno": ("bot/console/accounts/second_factor.py",),
    "torch": ("training", "nlu/model.py"),
    "transformers": ("training", "nlu/model.py"),
    "sklearn": ("training",),
    "rich": ("bot/commands", "bot/progress.py", "bot/channels/terminal.py"),
}
NEVER = {"pickle", "shelve", "marshal"}

FILES = [
    str(path.relative_to(ROOT)) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))
]


def imported(file: str) -> Iterator[str]:
    """The modules that a file names, wherever in it: ("bot.store.tables", ...)."""
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module in PACKAGES)


def lies_in(name: str, places: tuple[str, ...], separator: str) -> bool:
    return any(name == place or name.startswith(place + separator) for place in places)


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_only_what_its_package_may(file: str) -> None:
    rule = max((place for place in MAY_IMPORT if lies_in(file, (place,), "/")), key=len)
    ours = {name for name in imported(file) if name.split(".")[0] in PACKAGES} - {"bot"}
    assert {name for name in ours if not lies_in(name, MAY_IMPORT[rule], ".")} == set()


@pytest.mark.parametrize("library", list(HELD_BACK))
def test_a_library_is_known_only_where_it_belongs(library: str) -> None:
    users = {file for file in FILES if any(lies_in(name, (library,), ".") for name in imported(file))}
    assert users
    assert {file for file in users if not lies_in(file, HELD_BACK[library], "/")} == set()


def test_nothing_is_pickled() -> None:
    assert [file for file in FILES if set(imported(file)) & NEVER] == []


def test_a_package_begins_with_a_docstring_and_nothing_else() -> None:
    for file in FILES:
        if file.endswith("__init__.py"):
            body = ast.parse((ROOT / file).read_text("utf-8")).body
            assert [type(part) for part in body] == [ast.Expr], file
