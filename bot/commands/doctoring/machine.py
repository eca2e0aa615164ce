"""The machine: room on the disk, the port, processors, and the libraries that are installed."""

import shutil
import socket
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version

import httpx
from packaging.requirements import Requirement

from bot.commands.doctoring.findings import Finding, fault, fine, warning
from bot.reader.threads import n_cores
from bot.settings import Settings

LITTLE_MB, TOO_LITTLE_MB = 1000, 100
PATIENCE_S = 3.0
EXTRAS = {"postgres": "PostgreSQL", "tracing": "traces", "train": "training"}


def disk(settings: Settings) -> Iterator[Finding]:
    """Room in the workspace, for the log and the next release."""
    free_mb = shutil.disk_usage(settings.folder).free / 1e6
    text = f"{free_mb:,.0f} MB free in {settings.folder.resolve()}"
    remedy = "make room: old releases may go, `kefu releases` lists them"
    if free_mb < TOO_LITTLE_MB:
        yield fault(text, remedy)
    elif free_mb < LITTLE_MB:
        yield warning(text, remedy)
    else:
        yield fine(text)


def port(settings: Settings) -> Iterator[Finding]:
    """[web] host and port: free, or a desk answers there already."""
    host, number = settings.web.host, settings.web.port
    place = f"{host}:{number}"
    if number == 0:
        yield fine("a free one is taken at each start")
        return
    try:
        family, *_, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        if _is_a_desk(host, number):
            yield fine(f"a desk answers on {place}")
        else:
            yield fault(
                f"can't listen on {place}: {error.strerror}",
                "stop what uses it (`ss -ltnp` names it), or change [web] host and port in kefu.toml",
            )
    else:
        yield fine(f"{place} is free")


def _is_a_desk(host: str, number: int) -> bool:
    try:
        answer = httpx.get(
            f"http://{f'[{host}]' if ':' in host else host}:{number}/healthz", timeout=PATIENCE_S
        )
        return answer.status_code == 200 and "status" in answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError):
        return False


def threads(settings: Settings) -> Iterator[Finding]:
    """[understanding] threads, beside the processors there are."""
    wanted, cores = settings.understanding.threads, n_cores()
    text = f"{wanted} for a message, {cores} {'core' if cores == 1 else 'cores'}"
    if wanted > cores:
        yield warning(text, f"set [understanding] threads in kefu.toml to {cores} or less")
    else:
        yield fine(text)


def versions(settings: Settings) -> Iterator[Finding]:
    """Each library at least as new as kefu needs; of the extras, those that are installed, and that is used."""
    try:
        needed = [Requirement(line) for line in distribution("kefu").requires or ()]
    except PackageNotFoundError:
        yield warning(
            "kefu is not installed as a package, so its libraries can't be compared", "pip install kefu"
        )
        return
    wrong = [text for one in needed if _is_for(one, "") and (text := _unmet(one))]
    there = []
    for extra, meaning in EXTRAS.items():
        unmet = [
            text for one in needed if _is_for(one, extra) and not _is_for(one, "") and (text := _unmet(one))
        ]
        is_used = {
            "postgres": settings.database_url.startswith("postgres"),
            "tracing": settings.tracing.enabled,
        }.get(extra, False)
        wrong += [text for text in unmet if is_used or "is missing" not in text]
        if not unmet:
            there.append(meaning)
    for text in wrong:
        yield fault(
            text, "pip install --upgrade kefu, with the extras you use: 'kefu[postgres,tracing,train]'"
        )
    if not wrong:
        yield fine(f"kefu {version('kefu')}" + "".join(f", with {meaning}" for meaning in there))


def _is_for(one: Requirement, extra: str) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": extra})


def _unmet(one: Requirement) -> str:
    """What is wrong with a library; "" for nothing."""
    try:
        met = version(one.name)
    except PackageNotFoundError:
        return f"{one.name} is missing; wanted {one.name}{one.specifier}"
    return (
        ""
        if one.specifier.contains(met, prereleases=True)
        else f"{one.name} is {met}; wanted {one.specifier}"
    )
