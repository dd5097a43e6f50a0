"""Processes for the e2e tests, one set per test worker, started on first use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.mocks import UPSTREAM_KEY, Aimock, Llmock
from tests.e2e.node import install_packages
from tests.e2e.road import DIRECT, Road


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for logs and data of this worker's processes."""
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="session")
def node_packages() -> None:
    """Node's packages are installed."""
    install_packages()


@pytest.fixture(scope="session")
def aimock(node_packages: None, room: Path) -> Iterator[Aimock]:
    """aimock as a process."""
    mock = Aimock(room / "aimock.log")
    yield mock
    mock.process.kill()


@pytest.fixture(scope="session")
def llmock_server(room: Path) -> Iterator[Llmock]:
    """llmock as a process. (The name ``llmock`` belongs to its own pytest plug-in.)"""
    mock = Llmock(room / "llmock.log")
    yield mock
    mock.process.kill()


@pytest.fixture(scope="session")
def gateway(aimock: Aimock, llmock_server: Llmock, room: Path) -> Iterator[Gateway]:
    """A gateway in front of both mocks."""
    found = Gateway(
        room / "gateway",
        configuration(
            [
                provider("aimock", aimock.origin, api_key=UPSTREAM_KEY),
                provider("llmock", llmock_server.origin, api_key=UPSTREAM_KEY),
                provider("wrong-key", aimock.origin, api_key="sk-upstream-wrong-77aa"),
                provider(
                    "hasty", llmock_server.origin, api_key=UPSTREAM_KEY, timeout_s={"first_token": 0.4, "total": 2}
                ),
                provider("penniless", llmock_server.origin, api_key=UPSTREAM_KEY),
                provider("nobody", "http://127.0.0.1:9", timeout_s={"connect": 1}),
            ],
            [
                model(Aimock.chat_model, "aimock", capabilities=["tools", "vision", "json_schema", "streaming"]),
                model(Aimock.embedding_model, "aimock"),
                model(Llmock.chat_model, "llmock", capabilities=["tools", "vision", "json_schema", "streaming"]),
                model(Llmock.embedding_model, "llmock"),
                model("renamed", "aimock", Aimock.chat_model),
                model("wrong-key", "wrong-key", Aimock.chat_model),
                model("hasty", "hasty", Llmock.chat_model),
                model("penniless", "penniless", Llmock.chat_model),
                model("nobody", "nobody"),
            ],
            server={"max_body_mb": 4},
        ),
    )
    yield found
    code = found.process.stop()
    assert code == 0, f"the gateway ended with {code}:\n{found.process.tail()}"


@pytest.fixture(params=["aimock", "llmock"])
def road(request: pytest.FixtureRequest) -> Road:
    """The way to each mock: through the gateway, or straight when asked."""
    mock = request.getfixturevalue("aimock" if request.param == "aimock" else "llmock_server")
    if isinstance(mock, Llmock):
        mock.script()
    if DIRECT:
        return Road(f"{mock.origin}/v1", UPSTREAM_KEY, mock)
    return Road(f"{request.getfixturevalue('gateway').origin}/v1", CALLER_KEY, mock)


@pytest.fixture
def aimock_road(aimock: Aimock, request: pytest.FixtureRequest) -> Road:
    """The way to aimock alone, for answers that only its fixtures give."""
    if DIRECT:
        return Road(f"{aimock.origin}/v1", UPSTREAM_KEY, aimock)
    return Road(f"{request.getfixturevalue('gateway').origin}/v1", CALLER_KEY, aimock)


@pytest.fixture
def llmock_road(llmock_server: Llmock, request: pytest.FixtureRequest) -> Iterator[Road]:
    """The way to llmock alone, for faults that only it can script; they are forgotten afterwards."""
    llmock_server.script()
    if DIRECT:
        yield Road(f"{llmock_server.origin}/v1", UPSTREAM_KEY, llmock_server)
    else:
        yield Road(f"{request.getfixturevalue('gateway').origin}/v1", CALLER_KEY, llmock_server)
    llmock_server.script()


@pytest.fixture
def client(road: Road) -> Iterator[openai.OpenAI]:
    """The unmodified Python SDK on the road, told not to retry by itself."""
    with openai.OpenAI(base_url=road.base_url, api_key=road.key, max_retries=0, timeout=20) as found:
        yield found
