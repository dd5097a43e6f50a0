"""``torana init``: writes files that work, over nothing."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.cli.conftest import Run

ROOT = Path(__file__).parents[4]


def test_what_it_writes_is_a_good_configuration_with_and_without_keys(run: Run, tmp_path: Path) -> None:
    ran = run("init")
    assert ran.code == 0
    assert "torana keys create" in ran.out
    assert run("config", "check").code == 0
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-real-one\nAPPLICATION_KEY=sk-0123456789-application\n")
    checked = run("config", "check")
    assert (checked.code, checked.err) == (0, "")


def test_every_name_of_the_environment_example_is_known(run: Run, tmp_path: Path) -> None:
    run("init")
    lines = (tmp_path / ".env.example").read_text().splitlines()
    (tmp_path / ".env").write_text(
        "\n".join(line.removeprefix("#") for line in lines if "=" in line and " " not in line)
    )
    checked = run("config", "check")
    assert "is no name we know" not in checked.err


def test_a_file_that_is_there_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("mine")
    ran = run("init")
    assert (ran.code, (tmp_path / "torana.yaml").read_text()) == (0, "mine")
    assert "stays as it is" in ran.err
    assert (tmp_path / ".env.example").exists()
    assert run("init").code == 1


def test_another_folder_is_made(run: Run, tmp_path: Path) -> None:
    assert run("init", "--dir", "a/b").code == 0
    assert (tmp_path / "a" / "b" / "torana.yaml").exists()


def test_a_folder_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = run("init", "--dir", "file/below")
    assert ran.code == 1
    assert "torana init:" in ran.err


def test_the_example_of_the_repository_is_the_one_it_writes(run: Run, tmp_path: Path) -> None:
    run("init")
    assert (ROOT / ".env.example").read_text() == (tmp_path / ".env.example").read_text()
