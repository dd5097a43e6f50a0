"""``torana``: finding commands, help, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run
from torana.wiring.cli import COMMANDS

FOLDER = Path(__file__).parents[4] / "src" / "torana" / "wiring" / "cli"


def test_every_command_has_its_file() -> None:
    assert [name for name in COMMANDS if not (FOLDER / f"{name}.py").exists()] == []


def test_without_a_command_the_commands_are_listed(run: Run) -> None:
    for arguments in ((), ("--help",)):
        ran = run(*arguments)
        assert ran.code == 0
        assert all(name in ran.out and about in ran.out for name, about in COMMANDS.items())


def test_a_word_that_is_no_command_is_wrong_use(run: Run) -> None:
    ran = run("sreve")
    assert (ran.code, ran.out) == (2, "")
    assert "serve" in ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert ran.code == 0
    assert f"torana {command}" in ran.out
    assert "examples:" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_does_not_exist_is_wrong_use(run: Run, command: str) -> None:
    assert run(command, "--no-such-option").code == 2


def test_an_option_is_never_guessed_from_its_beginning(run: Run) -> None:
    assert run("serve", "--work", "1").code == 2
    assert run("keys", "create", "--nam", "x").code == 2


def test_saying_the_version_loads_no_server_and_no_driver() -> None:
    program = (
        "import sys; from torana.wiring.cli import main; main(['version']);"
        "print([name for name in ('msgspec', 'uvicorn', 'yaml', 'sqlite3', 'sqlalchemy', 'aiohttp') if name in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert ran.stderr == ""


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "torana.wiring.cli", "config", "reference"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 141
    assert error == ""
