"""``torana version``."""

import platform

from tests.unit.wiring.cli.conftest import Run
from torana.core.about import VERSION


def test_it_says_the_version(run: Run) -> None:
    for arguments in (("version",), ("--version",), ("-V",)):
        assert run(*arguments) == (0, f"torana {VERSION}\n", "")


def test_the_long_form_names_python_too(run: Run) -> None:
    assert platform.python_version() in run("version", "--long").out
