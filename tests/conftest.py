"""A tiny base model with a workspace for it, and the demo shop; both are trained only where a test asks for them."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from tests.once import make_once
from tests.shop_desk import SHOP, copy_shop, free_port, order_system, train_shop
from tests.tiny import make_base, make_workspace, train_tiny

# How long an example takes is up to the machine and says nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random transformer of two layers."""
    return make_once(tmp_path_factory, "base", make_base)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Dialogues and answers, nothing trained."""
    return make_workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    return make_once(tmp_path_factory, "tiny", lambda folder: train_tiny(make_workspace(folder), tiny_base))


@pytest.fixture
def trained(_trained: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own whose current release is a fast training."""
    return Path(shutil.copytree(_trained, tmp_path / "trained"))


@pytest.fixture
def release(trained: Path) -> Path:
    """The folder of that release."""
    return trained / "releases" / (trained / "releases" / "current").read_text().strip()


@pytest.fixture(scope="session")
def trained_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop with a release, for all tests: to be copied, not changed."""
    return make_once(tmp_path_factory, "shop", train_shop)


@pytest.fixture(scope="session")
def orders() -> Iterator[str]:
    """The address of the shop's order system; what one test changes there the next one sees."""
    with order_system(free_port()) as url:
        yield url


@pytest.fixture
def shop(trained_shop: Path, orders: str, tmp_path: Path) -> Path:
    """A shop of the test's own that uses that order system."""
    return copy_shop(trained_shop, tmp_path / "shop", orders)


@pytest.fixture(scope="session")
def service() -> ModuleType:
    """The program that plays the shop's order system, as a module."""
    spec = importlib.util.spec_from_file_location("order_system", SHOP / "order_system.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
