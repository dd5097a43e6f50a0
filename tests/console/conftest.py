"""One gateway, one fake provider, one company that uses them and one real browser for the tests of the console."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.browser import ARGUMENTS, chromium
from tests.console.company import FEW, OWNER, REQUESTS, Company
from tests.console.visit import Visit
from tests.control.standing import Standing
from tests.e2e.gateway import configuration, model, provider
from tests.e2e.process import REPO
from tests.e2e.stage import Stage
from tests.postgres import Server
from torana.testing.plays import Stream

RULES = [
    {"id": "pii", "kind": "pii", "kinds": ["email"], "mode": "block", "side": "output"},
    {"id": "phones", "kind": "pii", "kinds": ["phone"], "mode": "tokenise", "side": "input"},
]


def pytest_itemcollected(item: pytest.Item) -> None:
    """All on one worker of the test run: the history is generated once."""
    item.add_marker(pytest.mark.xdist_group("console"))


MORE: dict[str, Any] = {
    "guardrails": RULES,
    "auth": {"registration": "open"},
    # The identity provider of the tests is on this machine.
    "server": {"tenant_private_urls": True},
}


@pytest.fixture(scope="session")
def built() -> ModuleType:
    """The script that builds the console, after it has: the tests see the sources as they are."""
    spec = importlib.util.spec_from_file_location("console_script", REPO / "scripts" / "console.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.build()
    with script.turn():
        script.prepared()
    return script


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The provider behind every model."""
    with Stage(Stream(events=5)) as found:
        yield found


@pytest.fixture(scope="session")
def gateway(
    built: ModuleType,
    stage: Stage,
    postgres: Server,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Standing]:
    """A gateway on PostgreSQL whose guardrail lets no mail address out."""
    folder = tmp_path_factory.mktemp("console") / "gateway"
    config = console_configuration(folder, stage.origin) | {"database_url": postgres.fresh(postgres_template)}
    found = Standing(folder, "", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


def console_configuration(folder: Path, origin: str) -> dict[str, Any]:
    """Two models behind one provider, a database of their own, and anybody may register."""
    config: dict[str, Any] = configuration(
        [provider("fake", origin)],
        [
            model("fast-one", "fake", prices={"input": "1", "output": "2"}),
            model("slow-one", "fake", prices={"input": "3", "output": "6"}),
        ],
    )
    database = {"database_url": f"sqlite:///{folder / 'torana.db'}"}
    return config | database | MORE


@pytest.fixture(scope="session")
def company(gateway: Standing, request: pytest.FixtureRequest) -> Company:
    """Whose people sign in, whose requests are looked at: all of them where a test of the session looks at every page."""
    every = any(one.get_closest_marker("long") for one in request.session.items)
    return Company(gateway, time.time(), REQUESTS if every else FEW)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium, without a window. One per test: Playwright keeps an event loop running, in which no other test could."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(params=["1440-light", "1440-dark", "390-light", "390-dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, gateway: Standing) -> Iterator[Visit]:
    """Somebody at a desk or with a phone, by day or by night; what the browser complained of fails the test."""
    width, theme = request.param.split("-")
    with Visit(browser, gateway.origin, int(width), theme) as found:
        yield found
    assert found.complaints == []


@pytest.fixture
def desk(browser: Browser, gateway: Standing) -> Iterator[Visit]:
    """Somebody at a desk."""
    with Visit(browser, gateway.origin, 1440, "light") as found:
        yield found
    assert found.complaints == []


@pytest.fixture(params=["1440-light", "390-dark"])
def owner(request: pytest.FixtureRequest, browser: Browser, company: Company) -> Iterator[Visit]:
    """The company's administrator, signed in, at a desk or with a phone."""
    width, theme = request.param.split("-")
    with Visit(browser, company.gateway.origin, int(width), theme) as found:
        found.sign_in(OWNER)
        yield found
    assert found.complaints == []


@pytest.fixture
def shots() -> Path:
    """Where screenshots are kept."""
    return REPO / "docs" / "console"
