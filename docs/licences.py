"""Writes docs/licences.md: what kefu is installed with, and under which licences. Run: python -m docs.licences"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).parent / "licences.md"
EXTRAS = {"serving": "", "training": "train", "PostgreSQL": "postgres", "traces": "tracing"}

# Licences that ask for no more than their text and a notice, and MPL-2.0, which asks for the source of its own files
# where these are changed. LGPL: python-telegram-bot, imported as it is, which leaves it replaceable.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU",
    "MPL-2.0", "PSF-2.0", "Zlib", "Apache-2.0 WITH LLVM-exception",
})  # fmt: skip
ALLOWED_FOR = {"python-telegram-bot": frozenset({"LGPL-3.0-only"})}

# What packages wrote before there were SPDX expressions; BSD without a number is taken for the stricter one.
SPELT = {
    "mit license": "MIT", "mit": "MIT", "apache software license": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0", "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
    "apache": "Apache-2.0", "apache-2": "Apache-2.0", "bsd license": "BSD-3-Clause", "3-clause bsd license": "BSD-3-Clause",
    "bsd": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0", "isc license (iscl)": "ISC", "dual license": "Apache-2.0 OR BSD-3-Clause",
}  # fmt: skip


def licence_of(package: Distribution) -> str:
    """As an SPDX expression where it can be told, else as the package says it."""
    about = package.metadata
    if "License-Expression" in about:
        return about["License-Expression"]
    told = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    told = [one for one in told if one != "OSI Approved"] or [
        about["License"].partition("\n")[0] if "License" in about else ""
    ]
    return " AND ".join(sorted({SPELT.get(one.strip().lower(), one.strip()) for one in told})) or "unknown"


def is_allowed(name: str, licence: str) -> bool:
    """Whether every part holds that must, and one of those that may be chosen from."""
    allowed = ALLOWED | ALLOWED_FOR.get(name, frozenset())
    parts = re.split(r" AND ", licence.replace("(", "").replace(")", ""))
    return all(any(choice.strip() in allowed for choice in part.split(" OR ")) for part in parts)


def installed_with(extra: str) -> set[str]:
    """The packages that kefu brings with it, and those these bring, without the machine's own hardware libraries."""
    found: set[str] = set()
    waiting = [("kefu", extra)]
    while waiting:
        name, wanted = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # for another system
        for needed in _needs(package, wanted):
            key = needed.name.lower().replace("_", "-")
            if key not in found:
                found.add(key)
                waiting += [(key, one) for one in ("", *needed.extras)]
    return {name for name in found if _is_here(name)}


def page() -> str:
    """The whole page."""
    lines = [
        "# Licences",
        "",
        "What kefu is installed with. Written by `python -m docs.licences`; a test fails where a package has a licence that `docs/licences.py` doesn't allow.",
        "NVIDIA's libraries, which torch brings on machines with such a GPU, have NVIDIA's own terms and are not listed.",
        "",
        "| package | licence | for |",
        "|---|---|---|",
    ]
    users: dict[str, list[str]] = {}
    for use, extra in EXTRAS.items():
        for name in installed_with(extra):
            users.setdefault(name, []).append(use)
    for name, uses in sorted(users.items()):
        shown = "serving" if "serving" in uses else ", ".join(uses)
        lines.append(f"| {name} | {licence_of(distribution(name))} | {shown} |")
    return "\n".join(lines) + "\n"


def _needs(package: Distribution, extra: str) -> Iterator[Requirement]:
    for text in package.requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            yield needed


def _is_here(name: str) -> bool:
    if name.startswith(("nvidia-", "cuda-", "triton")):
        return False
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
