"""The table of shapes: every row compiles, is found anywhere, and passes its examples. All tokens are made here."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest

from torana.guardrails.secrets.issuers import CHECKED, FAILED, UNCHECKED, Issuers, digest, load
from torana.scan.one_byte import one_byte

DICE = random.Random(7)
HEX = "0123456789abcdef"
LETTERS = string.ascii_letters + string.digits


def signs(count: int, alphabet: str = LETTERS) -> str:
    return "".join(DICE.choice(alphabet) for _ in range(count))


SHAPES: dict[str, Callable[[], str]] = {
    "anthropic_key": lambda: f"sk-ant-api03-{signs(93)}AA",
    "aws_access_key": lambda: f"AKIA{signs(16, string.ascii_uppercase + '234567')}",
    "azure_client_secret": lambda: f"{signs(3)}8Q~{signs(34)}",
    "databricks_token": lambda: f"dapi{signs(32, HEX)}",
    "digitalocean_token": lambda: f"dop_v1_{signs(64, HEX)}",
    "gcp_api_key": lambda: f"AIza{signs(35)}",
    "github_token": lambda: f"gho_{signs(36)}",
    "gitlab_token": lambda: f"glpat-{signs(20)}",
    "groq_key": lambda: f"gsk_{signs(52)}",
    "huggingface_token": lambda: f"hf_{signs(34)}",
    "npm_token": lambda: f"npm_{signs(36)}",
    "openai_key": lambda: f"sk-proj-{signs(74)}T3BlbkFJ{signs(74)}",
    "sendgrid_key": lambda: f"SG.{signs(22)}.{signs(43)}",
    "shopify_token": lambda: f"shpat_{signs(32, HEX)}",
    "slack_token": lambda: f"xoxb-{signs(12, string.digits)}-{signs(24)}",
    "stripe_key": lambda: f"sk_live_{signs(24)}",
    "telegram_token": lambda: f"{signs(9, '123456789')}:{signs(35)}",
    "vault_token": lambda: f"hvs.{signs(95)}",
}


@pytest.fixture(scope="module")
def issuers() -> Issuers:
    return load()


def found(issuers: Issuers, text: str) -> list[tuple[str, str, float]]:
    return [(one.kind, text[one.start : one.end], one.score) for one in issuers.find(text, one_byte(text))]


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("around", ["{}", "it is {}, really", '"{}"', "TOKEN={}\n", "मेरा {} है", "[{}]"])
def test_a_shape_is_found_whole_wherever_it_stands(issuers: Issuers, kind: str, around: str) -> None:
    token = SHAPES[kind]()
    assert (kind, token) in [one[:2] for one in found(issuers, around.format(token))]


@pytest.mark.parametrize("kind", ["github_token", "aws_access_key", "gitlab_token", "shopify_token", "stripe_key"])
def test_a_shape_inside_a_longer_word_is_none(issuers: Issuers, kind: str) -> None:
    assert kind not in [one[0] for one in found(issuers, f"prefix{SHAPES[kind]()}")]


def test_two_of_a_kind_are_two(issuers: Issuers) -> None:
    pair = [SHAPES["github_token"](), SHAPES["github_token"]()]
    assert [one[1] for one in found(issuers, " ".join(pair))] == pair


@pytest.mark.parametrize(
    "text",
    [
        "ghp_" + "x" * 36,
        "AKIAIOSFODNN7EXAMPLE",
        "glpat-" + "X" * 20,
        "AIza" + "a" * 35,
        "sk_live_" + "0" * 24,
        "sk-your-api-key-goes-in-here",
    ],
)
def test_examples_pass(issuers: Issuers, text: str) -> None:
    assert not found(issuers, text)


def test_a_right_checksum_makes_sure_and_a_wrong_one_unsure(issuers: Issuers) -> None:
    # The sum of thirty a: zlib.crc32 in base 62.
    right = "ghp_" + "ab1" * 10 + "1yM0MJ"
    scores = {score for _, _, score in found(issuers, right)} | {
        score for _, _, score in found(issuers, SHAPES["github_token"]())
    }
    assert scores <= {CHECKED, FAILED}
    assert {score for _, _, score in found(issuers, SHAPES["gitlab_token"]())} == {UNCHECKED}


def test_published_samples_pass_by_their_digest(issuers: Issuers) -> None:
    token = SHAPES["gcp_api_key"]()
    assert found(issuers, token)
    assert not found(issuers._replace(published=frozenset({digest(token)})), token)


def test_every_check_in_the_table_belongs_to_a_row(issuers: Issuers) -> None:
    assert set(issuers.checks) | issuers.strict | issuers.loose <= set(issuers.kinds)
