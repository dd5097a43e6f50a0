"""``torana doctor``: every finding has a mark and, unless it is well, an advice."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.cli.conftest import Run


def test_a_sound_machine_is_told_so(run: Run) -> None:
    ran = run("doctor", "--port", "0", "--demo")
    assert ran.code == 0
    marks = [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    assert set(marks) <= {"ok", "warn"}
    for what in ("python", "packages", "open files", "clock", "configuration", "data folder", "address", "providers"):
        assert f" {what}:" in ran.out


def test_a_bad_configuration_fails_and_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("server: {prot: 1}")
    ran = run("doctor")
    assert ran.code == 1
    assert "fail configuration:" in ran.out
    assert "server.prot" in ran.out


def test_nothing_is_connected_to_unasked(run: Run, tmp_path: Path) -> None:
    # A name that the tests' network guard would refuse to look up.
    (tmp_path / "torana.yaml").write_text(
        "providers: [{id: x, kind: vllm, base_url: 'http://provider.example.com/v1'}]"
    )
    ran = run("doctor", "--port", "0")
    assert ran.code == 0
    assert "not contacted" in ran.out


def test_no_models_is_worth_a_warning(run: Run) -> None:
    assert "warn models: none is configured" in run("doctor", "--port", "0").out
