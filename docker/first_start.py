"""Prepare a workspace for the desks that wait for it: an empty one becomes the demo shop; one without a release is trained.

The shop's actions go to ORDERS, which is on a private address, and its `trusted_proxies` is PROXY: both from the environment."""

import os
import sys
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit

SHOP = Path("/usr/local/share/kefu/shop")
AT_HOME = "http://127.0.0.1:8081/"  # where the shop's own kefu.toml has its order system


def make_shop(shop: Path, workspace: Path, orders: str, proxy: str) -> None:
    """Copy the demo shop; kefu.toml comes last: a copy that was cut short is begun again."""
    settings = (shop / "kefu.toml").read_text("utf-8").replace(AT_HOME, orders)
    settings += f'\n[web]\ntrusted_proxies = ["{proxy}"]\n'
    settings += f'\n[outgoing]\nprivate_hosts = ["{urlsplit(orders).hostname}"]\n'
    without = ("releases", ".kefu", "*.db*", "kefu.toml", "__pycache__")
    copytree(shop, workspace, ignore=lambda _, names: _matching(names, without), dirs_exist_ok=True)
    (workspace / "kefu.toml").write_text(settings, "utf-8")


def _matching(names: list[str], patterns: tuple[str, ...]) -> set[str]:
    return {name for name in names if any(Path(name).match(pattern) for pattern in patterns)}


def main(workspace: Path) -> None:
    """Prepare it, then become `kefu train` where that is needed."""
    if not (workspace / "kefu.toml").exists():
        print("an empty workspace: the demo shop goes into it", flush=True)
        make_shop(SHOP, workspace, os.environ["ORDERS"], os.environ["PROXY"])
    if (workspace / "releases" / "current").exists():
        print("there is a release already", flush=True)
        return
    os.execlp("kefu", "kefu", "train", "--workspace", str(workspace))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
