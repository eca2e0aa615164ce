"""When, on what machine and by which versions a release was made."""

import hashlib
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "kefu",
    "torch",
    "transformers",
    "onnxruntime",
    "scikit-learn",
    "faiss-cpu",
    "tokenizers",
    "numpy",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a release comes from; `machine` says nothing of its name or its owner."""

    created_at: str
    fingerprint: str  # of the dataset
    versions: dict[str, str]
    machine: dict[str, str]


def code_digest() -> str:
    """Of the modules that a model is made by, twelve hexadecimal digits; the same code gives the same."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in ("nlu", "retrieval", "training"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def provenance(fingerprint: str) -> Provenance:
    """Note this moment, this machine and the versions installed."""
    return Provenance(datetime.now(UTC).isoformat(timespec="seconds"), fingerprint, versions(), _machine())


def versions() -> dict[str, str]:
    """Of Python, of our own code, and of the packages a training stands on."""
    found = {"python": platform.python_version(), "code of kefu": code_digest()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # kefu itself, run from a checkout
            continue
    return found


def _machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        **_memory(),
        **_gpu(),
    }


def _memory() -> dict[str, str]:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # not every system tells
        return {}
    return {"memory": f"{size / 2**30:.0f} GiB"}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _gpu() -> dict[str, str]:
    import torch

    if not torch.cuda.is_available():
        return {}
    return {"GPU": f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"}
