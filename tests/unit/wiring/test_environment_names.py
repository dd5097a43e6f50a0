"""Each environment name has the effect its row of the table promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.environment_names import NAMES
from torana.wiring.problems import ConfigError

SPECIFIED = """
SERVER_HOST SERVER_PORT LOG_LEVEL DATABASE_URL REDIS_URL REDIS_HOST JWT_SECRET_KEY JWT_SECRET SESSION_SECRET JWT_ALGORITHM
JWT_EXPIRATION_HOURS RATE_LIMIT_ALGORITHM RATE_LIMIT_DEFAULT_PER_HOUR RATE_LIMIT_BURST_SIZE RATE_LIMIT RATE_WINDOW DEFAULT_MODEL
AVAILABLE_MODELS MODEL_API_TIMEOUT OPENAI_API_KEY ANTHROPIC_API_KEY AZURE_OPENAI_API_KEY GEMINI_API_KEY AWS_ACCESS_KEY_ID
AZURE_OPENAI_ENDPOINT AZURE_OPENAI_API_VERSION AZURE_OPENAI_DEPLOYMENT AWS_SECRET_ACCESS_KEY AWS_REGION AWS_DEFAULT_REGION
AWS_SESSION_TOKEN AWS_BEARER_TOKEN_BEDROCK
PROVIDER_PRIORITY PII_REDACTION_ENABLED ENABLE_PII_MASKING PATTERNS_TO_MASK DEFAULT_TEAM_DAILY_BUDGET_USD
DEFAULT_TEAM_MONTHLY_BUDGET_USD SIEM_WEBHOOK_URL ENABLE_METRICS PROMETHEUS_PORT ENABLE_TELEMETRY ENABLE_SEMANTIC_CACHE
TORANA_CONFIG TORANA_DATA_DIR TORANA_MASTER_KEY TORANA_KEY_HASH_KEY
""".split()


def warnings(**environ: str) -> list[str]:
    return [str(warning) for warning in read(environ=environ).warnings]


def test_every_specified_name_is_in_the_table_once() -> None:
    names = [one.name for one in NAMES]
    assert len(names) == len(set(names))
    assert set(SPECIFIED) - set(names) == set()


def test_names_for_the_server() -> None:
    environ = {
        "SERVER_HOST": "::1", "SERVER_PORT": "81", "LOG_LEVEL": "WARN", "PROMETHEUS_PORT": "9090", "ENABLE_METRICS": "False",
        "DATABASE_URL": "sqlite:///x.db",
    }  # fmt: skip
    settings = read(environ=environ).settings
    assert (settings.server.host, settings.server.port, settings.server.metrics_port) == ("::1", 81, 9090)
    assert settings.server.log_level == "warning"
    assert settings.telemetry.metrics is False
    assert settings.database_url is not None
    assert settings.database_url.reveal() == "sqlite:///x.db"


@pytest.mark.parametrize(("text", "level"), [("INFO", "info"), ("critical", "error"), ("Debug", "debug")])
def test_log_levels_of_python_are_understood(text: str, level: str) -> None:
    assert read(environ={"LOG_LEVEL": text}).settings.server.log_level == level


def test_a_rate_an_hour_is_for_each_user() -> None:
    (limit,) = read(environ={"RATE_LIMIT_DEFAULT_PER_HOUR": "100"}).settings.limits
    assert (limit.scope, limit.requests, limit.per, limit.algorithm) == ("user", 100, 3600.0, "sliding_window")


def test_a_rate_has_its_window_in_seconds_or_a_minute() -> None:
    (limit,) = read(environ={"RATE_LIMIT": "10", "RATE_WINDOW": "5"}).settings.limits
    assert (limit.requests, limit.per) == (10, 5.0)
    (limit,) = read(environ={"RATE_LIMIT": "10"}).settings.limits
    assert limit.per == 60.0


def test_both_rates_stand_beside_each_other() -> None:
    assert len(read(environ={"RATE_LIMIT": "10", "RATE_LIMIT_DEFAULT_PER_HOUR": "100"}).settings.limits) == 2


def test_the_semantic_cache_by_its_old_name_is_for_everybody_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    found = read(environ={"ENABLE_SEMANTIC_CACHE": "true"}).settings.cache.semantic
    assert (found.enabled, found.by_policy) == (True, False)
    file = written(tmp_path, "cache: {semantic: {by_policy: true}}\n")
    found = read(file, environ={"ENABLE_SEMANTIC_CACHE": "true"}).settings.cache.semantic
    assert (found.enabled, found.by_policy) == (True, True)
    assert read(environ={"ENABLE_SEMANTIC_CACHE": "false"}).settings.cache.semantic.enabled is False


def test_names_that_mean_nothing_alone_are_warned_about() -> None:
    assert "belongs to RATE_LIMIT" in warnings(RATE_WINDOW="60")[0]
    assert "only a token bucket" in warnings(RATE_LIMIT_BURST_SIZE="10")[0]


@pytest.mark.parametrize(
    "name",
    ["PII_REDACTION_ENABLED", "ENABLE_PII_MASKING", "PATTERNS_TO_MASK", "DEFAULT_TEAM_DAILY_BUDGET_USD",
     "DEFAULT_TEAM_MONTHLY_BUDGET_USD"],
)  # fmt: skip
def test_a_name_that_promises_protection_or_a_cap_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read(environ={name: "true"})


@pytest.mark.parametrize("name", ["DEFAULT_TEAM_DAILY_BUDGET_USD", "DEFAULT_TEAM_MONTHLY_BUDGET_USD"])
def test_an_amount_in_dollars_is_refused_where_budgets_are_in_another_currency(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is in USD, and budgets here are in INR"):
        read(written(tmp_path, "currency: INR\n"), environ={name: "10"})
    assert len(read(written(tmp_path, "currency: USD\n"), environ={name: "10"}).settings.budgets) == 1


def test_protection_that_is_switched_off_is_not_refused() -> None:
    environ = {"PII_REDACTION_ENABLED": "false", "ENABLE_PII_MASKING": "0", "PATTERNS_TO_MASK": "email"}
    assert read(environ=environ).warnings == ()


@pytest.mark.parametrize(
    "name",
    ["ENABLE_TELEMETRY"],
)
def test_a_name_without_effect_is_warned_about(name: str) -> None:
    (warning,) = warnings(**{name: "yes"})
    assert f"{name} has no effect" in warning


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"REDIS_URL": "valkey://cache/1"}, "valkey://cache/1"),
        ({"REDIS_HOST": "cache"}, "redis://cache:6379/0"),
        ({"REDIS_HOST": "cache:7000"}, "redis://cache:7000/0"),
        ({"REDIS_HOST": "cache", "REDIS_URL": "redis://other/0"}, "redis://other/0"),
    ],
)
def test_shared_counters_are_found_by_their_usual_names(environ: dict[str, str], url: str) -> None:
    found = read(environ=environ).settings.redis_url
    assert found is not None
    assert found.reveal() == url


def test_a_webhook_for_records_comes_of_one_name_and_is_signed_by_another() -> None:
    url, secret = "https://siem.example.com/in", "a secret of twenty-four bytes"
    loaded = read(environ={"SIEM_WEBHOOK_URL": url, "SIEM_WEBHOOK_SECRET": secret})
    (row,) = loaded.settings.audit.sinks
    assert (row.kind, row.name, row.settings.url.reveal(), row.settings.secret.reveal()) == (
        "webhook", "siem", url, secret,
    )  # fmt: skip
    assert loaded.warnings == ()
    assert "not signed" in warnings(SIEM_WEBHOOK_URL=url)[0]
    assert "left out" in warnings(SIEM_WEBHOOK_SECRET=secret)[0]


def test_a_row_of_the_file_that_has_the_url_is_that_webhook(tmp_path: Path) -> None:
    text = "audit: {sinks: [{kind: splunk_hec, url: '${SIEM_WEBHOOK_URL}', token: t}, {kind: webhook, url: 'https://b.example'}]}\n"
    sinks = read(written(tmp_path, text), environ={"SIEM_WEBHOOK_URL": "https://a.example"}).settings.audit.sinks
    assert [one.name for one in sinks] == ["splunk_hec", "webhook"]
    sinks = read(
        written(tmp_path, text.replace("${SIEM_WEBHOOK_URL}", "https://c.example")),
        environ={"SIEM_WEBHOOK_URL": "https://a.example"},
    ).settings.audit.sinks
    assert [one.name for one in sinks] == ["splunk_hec", "webhook", "siem"]


def test_a_name_set_to_nothing_is_not_set() -> None:
    assert read(environ=dict.fromkeys((one.name for one in NAMES), "")) == read()


def test_settings_of_our_own_tokens_go_to_our_own_issuer() -> None:
    (issuer,) = read(environ={"JWT_ALGORITHM": "HS512", "JWT_EXPIRATION_HOURS": "2"}).settings.auth.jwt
    assert (issuer.issuer, issuer.algorithm, issuer.expiration_hours) == ("torana", "HS512", 2.0)


def test_three_names_of_one_secret_that_differ_are_said() -> None:
    (warning,) = warnings(JWT_SECRET_KEY="a", SESSION_SECRET="b")
    assert "JWT_SECRET_KEY is set to something else and wins" in warning
    assert warnings(JWT_SECRET_KEY="a", SESSION_SECRET="a") == []


def test_priority_is_a_list_by_commas() -> None:
    loaded = read(environ={"PROVIDER_PRIORITY": "rented, echo,,gone", "RENTED_KEY": "k"})
    assert loaded.settings.provider_priority == ("rented", "echo", "gone")
    assert len(loaded.warnings) == 2


def test_a_misspelt_name_of_ours_is_found() -> None:
    assert 'did you mean "TORANA_DATA_DIR"?' in warnings(TORANA_DATADIR="x")[0]
