"""Whole configurations: the golden bad ones, the one of the specification, precedence, and the smallest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.wiring.offer import OFFER, read, written
from torana.wiring.environment import Environ, read_dotenv
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import load

GOLDEN = Path(__file__).parents[2] / "golden" / "config"
CASES = sorted(path.name for path in GOLDEN.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_a_bad_configuration_is_refused_with_every_problem_and_its_place(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN / case)
    environ = Environ()
    if Path("environ.txt").exists():
        read_dotenv(Path("environ.txt").read_text(encoding="utf-8"), "environ.txt", environ)
    with pytest.raises(ConfigError) as refused:
        load(Path("torana.yaml"), environ, Overrides(), OFFER)
    said = [str(problem) for problem in (*refused.value.problems, *refused.value.warnings)]
    assert said == Path("problems.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES)
def test_every_golden_problem_names_line_and_column_or_an_environment_line(case: str) -> None:
    for line in (GOLDEN / case / "problems.txt").read_text(encoding="utf-8").splitlines():
        assert re.match(r"torana\.yaml:\d+:\d+: |environ\.txt:\d+: ", line), line


def test_no_problem_shows_a_secret_that_was_written_in_its_wrong_place(tmp_path: Path) -> None:
    text = """
keys: sk-secret-1
providers:
  - {id: a, kind: hosted, base_url: "http://sk-secret-2:x@h/v1", credentials: sk-secret-3}
  - {id: b, kind: hosted, base_url: "http://h/v1", credentials: [sk-secret-4]}
  - {id: c, kind: hosted, base_url: "http://h/v1", credentials: [{api_key: ["sk-secret-5"]}]}
redis_url: redis://:sk-secret-6@h
database_url: postgresql://u:sk-secret-7@h/d
auth: {jwt: [{issuer: x, secret: true}, sk-secret-8, {issuer: y, jwks_url: "https://u:sk-secret-9@h/"}]}
"""
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))
    assert len(refused.value.problems) >= 8
    assert "sk-secret" not in str(refused.value)


def test_no_file_and_an_empty_file_are_configurations(tmp_path: Path) -> None:
    assert read().settings == read(written(tmp_path, "")).settings
    assert read(written(tmp_path, "# nothing\n")).settings.server.port == 8000


def test_a_missing_file_is_a_problem_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: No such file .*torana init"):
        read(tmp_path / "none.yaml")


def test_the_command_line_wins_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    file = written(tmp_path, "server: {host: 127.0.0.2, port: 1, max_body_mb: 2}\ndata_dir: from-file\n")
    environ = {"SERVER_PORT": "2", "SERVER_HOST": "127.0.0.3"}
    settings = read(file, environ, overrides=Overrides(port=3)).settings
    assert (settings.server.port, settings.server.host) == (3, "127.0.0.3")
    assert (settings.server.max_body_mb, settings.server.drain_s, settings.data_dir) == (2, 30.0, "from-file")
    assert read(file, {"TORANA_DATA_DIR": "from-env"}).settings.data_dir == "from-env"
    assert read(file, {"TORANA_DATA_DIR": "b"}, overrides=Overrides(data_dir="c")).settings.data_dir == "c"


def test_the_data_dir_can_be_referred_to_wherever_it_comes_from(tmp_path: Path) -> None:
    file = written(tmp_path, "data_dir: ${BASE:-/srv}/torana\naudit: {jsonl: '${data_dir}/a.jsonl'}\n")
    assert read(file).settings.audit.jsonl == "/srv/torana/a.jsonl"
    assert read(file, {"BASE": "/var"}).settings.audit.jsonl == "/var/torana/a.jsonl"
    assert read(file, overrides=Overrides(data_dir="/x")).settings.audit.jsonl == "/x/a.jsonl"
    assert read().settings.audit.jsonl == "./data/audit.jsonl"
    assert read(written(tmp_path, "audit: {jsonl: null}")).settings.audit.jsonl is None


# --- the example of the specification: every key is taken, or refused as not available yet


EXAMPLE = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8")
ENVIRON = {
    "FINANCE_KEY": "sk-torana-finance-key", "OPENAI_API_KEY": "a", "JWT_SECRET_KEY": "b", "AWS_ACCESS_KEY_ID": "c",
    "AWS_SECRET_ACCESS_KEY": "d", "ANTHROPIC_API_KEY": "e", "GEMINI_API_KEY": "f", "AZURE_OPENAI_API_KEY": "g",
}  # fmt: skip


def test_every_key_of_the_specified_example_is_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, EXAMPLE), ENVIRON)
    said = [str(problem) for problem in refused.value.problems]
    assert [line for line in said if "unknown key" in line or "expected" in line] == []
    strange = [line for line in said if "not available in this version" not in line and "in this version (" not in line]
    # Providers of kinds that this version has not are refused, and so what hangs on them is not judged further.
    assert [line for line in strange if "kind" not in line] == []


def test_a_cap_or_guardrail_that_is_not_kept_is_never_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, EXAMPLE), ENVIRON)
    paths = {problem.path for problem in refused.value.problems}
    assert {"guardrails[0].id", "guardrails[1].id", "guardrails[2].id"} <= paths


def test_settings_can_be_printed_without_showing_a_secret(tmp_path: Path) -> None:
    file = written(tmp_path, "keys: [{name: a, key: sk-very-secret-key}]\n")
    loaded = read(file, {"RENTED_KEY": "sk-provider-secret", "DATABASE_URL": "sqlite:///pw-secret"})
    assert "secret" not in re.sub(r"secret=None|Secret\(\*\*\*\)", "", repr(loaded))
