"""A package that only some providers need is loaded when it is asked for, and its absence says what to install."""

from __future__ import annotations

import sys

import pytest

from torana.upstream.extras import loaded


def test_a_module_is_loaded_by_its_name() -> None:
    assert loaded("json.decoder", "") is sys.modules["json.decoder"]


@pytest.mark.parametrize(("extra", "command"), [("llm", 'pip install "torana\\[llm\\]"'), ("", 'pip install "torana"')])
def test_a_package_that_is_not_there_says_how_to_install_it(extra: str, command: str) -> None:
    with pytest.raises(ValueError, match=f"the package no_such_package is not installed: {command}"):
        loaded("no_such_package.part", extra)


def test_a_package_that_lacks_one_of_its_own_names_that_one() -> None:
    def load(name: str) -> object:
        raise ModuleNotFoundError(name="its_own.part")

    with pytest.raises(ValueError, match="the package its_own is not installed"):
        loaded("package", "x", load)
