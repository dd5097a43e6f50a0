"""``torana config``: check, show, diff, kinds, reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run

ROOT = Path(__file__).parents[4]


def test_a_good_file_is_called_good_with_its_warnings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("server: {host: 0.0.0.0}")
    ran = run("config", "check")
    assert (ran.code, ran.out.strip()) == (
        0,
        "torana.yaml: good, 1 warning".replace("torana", str(tmp_path / "torana")),
    )
    assert "warning: server.host: plain HTTP" in ran.err


def test_no_file_is_a_configuration_too(run: Run) -> None:
    assert run("config", "check").out == "no file; defaults and environment: good, no warnings\n"


def test_a_bad_file_is_said_with_places_and_counts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("server: {prot: 1}\nmodels: x\n")
    ran = run("config", "check", "bad.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'bad.yaml:1:10: error: server.prot: unknown key "prot" (did you mean "port"?)',
        'bad.yaml:2:9: error: models: expected a list, got "x" (write ["x"])',
        "2 errors, no warnings",
    ]


def test_the_demo_can_be_checked_and_shown(run: Run) -> None:
    assert run("config", "check", "--demo").code == 0
    shown = run("config", "show", "--demo").out
    assert "gpt-4o-mini" in shown
    assert "sk-gateway" not in shown


def test_two_files_are_compared(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("server: {port: 1}")
    (tmp_path / "b.yaml").write_text("server: {port: 2}")
    assert run("config", "diff", "a.yaml", "b.yaml") == (1, "- server.port: 1\n+ server.port: 2\n", "")
    same = run("config", "diff", "a.yaml", "a.yaml")
    assert (same.code, same.out) == (0, "")


def test_kinds_are_listed_with_the_names_of_their_keys(run: Run) -> None:
    out = run("config", "kinds").out
    assert all(word in out for word in ("provider", "echo", "strategy", "priority", "guardrail", "OPENAI_API_KEY"))


def test_the_reference_is_the_committed_page(run: Run) -> None:
    assert run("config", "reference").out == (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_file_may_be_named_as_for_other_commands(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("server: {port: 4711}")
    assert run("config", "check", "--config", "other.yaml").out == "other.yaml: good, no warnings\n"
    assert "4711" in run("config", "show", "--config", "other.yaml").out


def test_what_a_start_would_refuse_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text(
        "providers: [{id: b, kind: bedrock, credentials: [{aws_access_key_id: a, aws_secret_access_key: b}]}]"
    )
    ran = run("config", "check")
    assert ran.code == 1
    assert "region" in ran.err and ran.err.endswith("1 error, no warnings\n")


@pytest.mark.parametrize("name", ["JWT_SECRET", "TORANA_KEY_HASH_KEY", "TORANA_AUDIT_KEY", "TORANA_MASTER_KEY"])
def test_a_weak_secret_is_found_before_the_start(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "short")
    ran = run("config", "check")
    assert (ran.code, ran.out) == (1, "")
    assert f"{name} is too weak" in ran.err and "short" not in ran.err.replace("shorter", "")
    assert run("config", "check", "--dev").code == (0 if name == "JWT_SECRET" else 1)
