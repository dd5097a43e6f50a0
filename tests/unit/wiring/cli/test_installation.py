"""Which configuration a command is about."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run
from torana.wiring.cli import installation
from torana.wiring.options import Overrides


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("65535", 65535)])
def test_a_port_is_a_number_in_range(text: str, number: int) -> None:
    assert installation.port(text) == number


@pytest.mark.parametrize("text", ["65536", "-1", "http", "8000.0", "", "٨"])
def test_anything_else_is_no_port(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no port"):
        installation.port(text)


def test_it_is_the_file_here_with_env_and_command_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("server: {port: 1, max_body_mb: 3}")
    (tmp_path / ".env").write_text("SERVER_PORT=2\n")
    loaded = installation.loaded(None, Overrides(host="::1"), installation.environment())
    server = loaded.settings.server
    assert (server.host, server.port, server.max_body_mb) == ("::1", 2, 3)
