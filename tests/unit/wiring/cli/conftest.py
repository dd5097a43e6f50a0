"""Commands run in a folder of their own, with an environment that names nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from torana.wiring.cli import main
from torana.wiring.environment_names import NAMES
from torana.wiring.find import available


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("keys", "list")``: exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    for name in {one.name for one in NAMES} | {kind.secret for kind in available().providers.values()}:
        if name:
            monkeypatch.delenv(name, raising=False)

    def command(*arguments: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return command
