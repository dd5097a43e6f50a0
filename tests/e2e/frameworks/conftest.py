"""A gateway before aimock with the answers that the standard tests of frameworks expect, and the loop LangChain needs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.frameworks.upstream_models import UPSTREAM_MODELS
from tests.e2e.gateway import Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock

HERE = Path(__file__).resolve().parent
ABLE = ["tools", "vision", "json_schema", "json_object"]


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """LangChain keeps its HTTP clients over tests, so all of them must run in one loop. One worker for all: one gateway."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("frameworks"))
            if inspect.iscoroutinefunction(getattr(item, "obj", None)):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def served(node_packages: None, room: Path) -> Iterator[Gateway]:
    mock = Aimock(room / "frameworks-aimock.log", HERE / "answers")
    key = [{"api_key": UPSTREAM_KEY}]
    providers: list[Any] = [
        {"id": "openai", "kind": "openai_compatible", "base_url": f"{mock.origin}/v1", "credentials": key,
         "operations": ["chat"], "capabilities": ABLE},
        {"id": "anthropic", "kind": "anthropic", "base_url": mock.origin, "credentials": key},
        {"id": "gemini", "kind": "gemini", "base_url": f"{mock.origin}/v1beta", "credentials": key},
    ]  # fmt: skip
    models = [model(f"by-{name}", name, upstream) for name, upstream in UPSTREAM_MODELS.items()]
    models += [model(upstream, name) for name, upstream in UPSTREAM_MODELS.items()]
    gateway = Gateway(room / "frameworks", configuration(providers, models))
    yield gateway
    mock.process.kill()
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.fixture
def benchmark() -> None:
    """What a test of theirs asks for that is skipped without recordings; their plug-in is switched off here."""


@pytest.fixture
def vcr() -> None:
    """As ``benchmark``."""
