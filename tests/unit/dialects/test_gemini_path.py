"""The member that repeats the model of the path: changed where it is, refused where it differs."""

from __future__ import annotations

import pytest

from torana.core.errors import GatewayError
from torana.dialects.gemini_path import retold, same_model


def test_an_object_without_the_member_stays_the_same_object() -> None:
    body = b'{"text": "model"}'
    assert retold(body, "up") is body


def test_the_member_is_changed_and_nothing_else() -> None:
    assert retold(b'{ "a":1.0 , "model" : "models/m" }', "up") == b'{ "a":1.0 , "model" : "models/up" }'
    assert retold(b'{"model":"models/m"}', "models/up") == b'{"model":"models/up"}'


def test_of_an_inner_member_that_is_there_twice_the_last_one_counts_and_is_changed() -> None:
    assert retold(b'{"model":"models/a", "model":"models/b"}', "up", inner=True) == b'{"model":"models/up"}'


def test_another_model_than_the_paths_is_refused() -> None:
    same_model("models/m", "m", "model")
    same_model(None, "m", "model")
    same_model("m", "", "model")
    with pytest.raises(GatewayError) as caught:
        same_model("models/x", "m", "requests[1].model")
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", "requests[1].model")
