"""The cells of the matrix for the kind ``litellm``: the real package, in an environment of its own, before aimock.

The package and what it brings are some 300 MB, too many for the environment of the other tests.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.engines import environment_with
from tests.e2e.gateway import Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.process import REPO
from tests.e2e.road import straight
from tests.e2e.test_matrix import ARGUMENTS, ASK, BAD, CITIES, CLIENTS, EVENT, HELLO, PICTURE, REFUSED

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    straight,
    pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason:UserWarning"),
]
NAME = "by-litellm"
cells = pytest.mark.parametrize("client", [pytest.param(client, id=f"{client}-litellm") for client in CLIENTS])
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class WithLiteLLM(Gateway):
    """A gateway from the package with its extra."""

    def start(self) -> None:
        """Start it there. The list of what is installed changes with the package's own dependencies."""
        project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
        wanted = [*project["dependencies"], *project["optional-dependencies"]["litellm"]]
        self.python = str(environment_with("litellm", wanted, ["--no-deps", "--editable", str(REPO)]))
        super().start()


@pytest.fixture(scope="module")
def gateway(aimock: Aimock, room: Path) -> Iterator[Gateway]:
    provider = {
        "id": "litellm", "kind": "litellm", "base_url": f"{aimock.origin}/v1", "credentials": [{"api_key": UPSTREAM_KEY}],
    }  # fmt: skip
    config = configuration([provider], [model(NAME, "litellm", "openai/gpt-4o")])
    found = WithLiteLLM(room / "litellm", config, LITELLM_LOCAL_MODEL_COST_MAP="True")
    yield found
    assert found.process.stop() == 0, found.process.tail()


@cells
@streams
def test_text_and_usage(gateway: Gateway, client: str, stream: bool) -> None:
    said = ASK[client](gateway, NAME, HELLO, "text", stream)
    assert said.text == "Hello from the other side, नमस्ते 🙏, in more than one piece."
    assert (said.ending, said.calls) == ("stop", [])
    assert said.input_tokens > 0
    assert said.output_tokens > 0


@cells
@streams
def test_parallel_tool_calls(gateway: Gateway, client: str, stream: bool) -> None:
    said = ASK[client](gateway, NAME, CITIES, "tools", stream)
    assert said.calls == [("get_weather", arguments) for arguments in ARGUMENTS]
    assert said.ending == "tool_calls"


@cells
def test_a_picture(gateway: Gateway, client: str) -> None:
    assert ASK[client](gateway, NAME, PICTURE, "image", False).text == "One transparent pixel."


@cells
def test_a_wanted_shape(gateway: Gateway, client: str) -> None:
    assert json.loads(ASK[client](gateway, NAME, EVENT, "schema", False).text)["name"] == "science fair"


@cells
@streams
def test_an_error_of_the_provider(gateway: Gateway, client: str, stream: bool) -> None:
    with pytest.raises(REFUSED) as caught:
        ASK[client](gateway, NAME, BAD, "text", stream)
    assert "Invalid value for temperature." in str(caught.value)
    assert getattr(caught.value, "status_code", None) == 400 or getattr(caught.value, "code", None) == 400


def test_no_key_is_left_behind(gateway: Gateway) -> None:
    for client in CLIENTS:
        ASK[client](gateway, NAME, HELLO, "text", False)
    assert UPSTREAM_KEY not in gateway.left_behind()
