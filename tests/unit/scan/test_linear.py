"""A model says the same after a trip through its file, and a broken file is refused."""

from __future__ import annotations

from array import array

import pytest

from torana.scan.linear import Linear, bucket, dumps, loads, logistic


def model() -> Linear:
    weights = array("b", [0] * 16)
    weights[bucket("bad") & 15] = 127
    return Linear(weights, 0.05, -2.0)


def test_features_with_weight_move_the_score() -> None:
    assert model().score(["bad"]) == pytest.approx(logistic(-2 + 127 * 0.05))
    assert model().score([]) == pytest.approx(logistic(-2))
    assert model().sum(["bad"] * 4) == pytest.approx(-2 + 4 * 127 * 0.05 / 2)


def test_a_model_comes_back_from_its_file() -> None:
    back = loads(dumps(model()))
    assert back.weights == model().weights
    assert (back.scale, back.bias) == (pytest.approx(0.05), -2.0)
    assert dumps(back) == dumps(model())


@pytest.mark.parametrize("data", [b"", b"TLM", b"XXXX" + bytes(40), dumps(model())[:-3], dumps(model())[:16] + b"junk"])
def test_a_broken_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="model"):
        loads(data)


def test_the_logistic_of_very_little_is_nothing() -> None:
    assert logistic(-1e6) == 0.0
    assert logistic(0) == 0.5
    assert logistic(1e6) == 1.0


def test_a_feature_with_lone_surrogates_has_a_bucket() -> None:
    assert bucket("\ud800") == bucket("?")
