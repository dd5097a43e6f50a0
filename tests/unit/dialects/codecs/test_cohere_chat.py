"""The codec has the names of one, and refuses to be a client's."""

from __future__ import annotations

import inspect

import pytest

from torana.core.errors import GatewayError
from torana.core.events import Request
from torana.dialects.codecs import cohere_chat
from torana.ports.codec import Codec


def test_it_has_every_name_of_a_codec() -> None:
    wanted = {name for name, _ in inspect.getmembers(Codec, inspect.isfunction) if not name.startswith("_")} | {"ID"}
    assert wanted <= set(dir(cohere_chat))
    assert cohere_chat.ID == "cohere_chat"


@pytest.mark.parametrize("ask", [
    lambda: cohere_chat.read_request(b"{}"),
    lambda: cohere_chat.writer(Request("m", ())),
    lambda: cohere_chat.write_whole((), Request("m", ())),
])  # fmt: skip
def test_the_side_of_a_client_is_refused(ask: object) -> None:
    with pytest.raises(GatewayError, match="providers only"):
        ask()  # type: ignore[operator]
