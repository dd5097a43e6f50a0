"""Values are secrets because of what stands before them, and only the value is found. All values are made up here."""

from __future__ import annotations

import pytest

from torana.guardrails import secrets
from torana.guardrails.secrets.contexts import Contexts, load
from torana.scan.one_byte import one_byte

VALUE = "q8Zt4Lm2Xv7Rb1Nc5Kd9"


@pytest.fixture(scope="module")
def contexts() -> Contexts:
    return load(("glpat-", "pat."))


def found(contexts: Contexts, text: str) -> set[str]:
    return {text[one.start : one.end] for one in contexts.find(text, one_byte(text))}


@pytest.mark.parametrize(
    "around",
    [
        "API_KEY={}", "api_key: {}", 'const apiKey = "{}";', "'client-secret' => '{}'", '{{"auth": {{"token": "{}"}}}}', 'token := "{}"',
        "<secret>{}</secret>", '<add key="orders-token" value="{}"/>', "- name: ORDERS_TOKEN\n  value: {}", 'client(token="{}")', "setSecret('{}')",
        "the access token is {}", "Here is the token you asked for: {}.", "Authorization: Bearer {}", "Authorization: Token {}", "X-Api-Key: {}",
        'curl -H "X-Auth-Token: {}" https://a.example', "https://a.example/?access_token={}&x=1", "run it with --token {}", "मेरा token: {} है",
        r'"line": "api_key = \"{}\""', "//registry.a.example/:_authToken={}", "Endpoint=sb://a;SharedAccessKey={};x=y",
    ],
)  # fmt: skip
def test_a_value_behind_a_secrets_name_is_found_alone(contexts: Contexts, around: str) -> None:
    assert VALUE in found(contexts, around.format(VALUE))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('password = "tr0ub4dor&3"', "tr0ub4dor&3"),
        ("my password is Summer2031!", "Summer2031"),
        ("password Summer2031 works", "Summer2031"),
        ("mera password hai Kamal9876", "Kamal9876"),
        ("Server=a;User=b;Pwd=tr0ub4dor3;", "tr0ub4dor3"),
        ("curl -u admin:tr0ub4dor3 https://a", "tr0ub4dor3"),
        ("curl --user 'admin:tr0ub4dor3' https://a", "tr0ub4dor3"),
        ("amqp://svc:tr0ub4dor3@mq.internal:5672/", "tr0ub4dor3"),
        ("redis://:tr0ub4dor3@cache/0", "tr0ub4dor3"),
        ("Authorization: Basic YWRtaW46dHIwdWI0ZG9yMw==", "YWRtaW46dHIwdWI0ZG9yMw=="),
    ],
)
def test_passwords_are_found_in_what_they_are_given_to(contexts: Contexts, text: str, value: str) -> None:
    assert value in found(contexts, text)


@pytest.mark.parametrize(
    "text",
    [
        "token: str = field(default='')", "password: Optional[str] = None", "api_key = os.environ['API_KEY']", "secret = get_secret('db')",
        "public_key = '" + VALUE + "'", "csrf-token=" + VALUE, "key_id: 743b294a-cd03-11ec-9d64-0242ac120002", "max_tokens=4096, key=name",
        "curl -u user:password https://a", "curl -u $USER:$PASS https://a", "postgres://user:password@localhost/db", "http://a.example:8080/@user",
        "The password is wrong.", "password: at least 12 characters", "Authorization: Bearer <token>", "Authorization: Basic ...",
        "tokens are counted per request", "the key: value pairs", "secret_name = 'orders-db-password'", "from x import (\n    PrivateKey,\n    X448PublicKey)",
        '{"key": "SalesResults-1.2"}', 'schemaKey = "DOC_Vector_5_32"', "git commit 9f8b2c71e5d64a03b1c79f8b2c71e5d64a03b1c7",
    ],
)  # fmt: skip
def test_what_is_about_secrets_and_holds_none_passes(contexts: Contexts, text: str) -> None:
    assert not found(contexts, text)


def test_a_short_rest_behind_an_issuers_prefix_is_enough_behind_a_name(contexts: Contexts) -> None:
    assert found(contexts, 'token = "glpat-9x"') == {"glpat-9x"}
    assert not found(contexts, "token = pat.name2")


def test_contexts_can_be_left_out() -> None:
    assert secrets.open(secrets.Settings()).check(f"API_KEY={VALUE}")
    assert not secrets.open(secrets.Settings(by_context=False)).check(f"API_KEY={VALUE}")
