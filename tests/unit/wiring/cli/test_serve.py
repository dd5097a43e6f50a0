"""``torana serve``: what it refuses before anything starts. What it serves is shown end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run


def test_several_workers_are_refused_with_the_reason(run: Run) -> None:
    ran = run("serve", "--workers", "4")
    assert ran.code == 1
    assert "--workers needs counters that all workers share" in ran.err
    assert "set redis_url, or run one worker" in ran.err


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--role", "mixed"), ("--workers", "many")])
def test_wrong_values_are_wrong_use(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("serve", *arguments).code == 2


def test_a_bad_configuration_is_said_like_a_compiler_does(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("server: {prot: 1}\nbudgets: [{scope: planet, limit: 5}]\n")
    ran = run("serve")
    assert (ran.code, ran.out) == (1, "")
    assert 'torana.yaml:1:10: error: server.prot: unknown key "prot" (did you mean "port"?)' in ran.err
    assert "2 errors; nothing was done" in ran.err
    assert not (tmp_path / "data").exists()


def test_the_demo_is_refused_to_other_machines(run: Run) -> None:
    ran = run("serve", "--demo", "--host", "0.0.0.0")
    assert ran.code == 1
    assert "command line --host: error: server.host: --demo has keys that everyone knows" in ran.err
