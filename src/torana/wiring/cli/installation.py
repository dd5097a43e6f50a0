"""The installation a command is about: its configuration, its data folder, what exists in it.

It changes nothing. Called by the commands that need more than their own arguments.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from torana.wiring import find
from torana.wiring.environment import Environ, config_path, read_environment
from torana.wiring.options import Overrides
from torana.wiring.settings import Loaded, Mode, load

PORTS = range(65536)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--data-dir``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration file (default: TORANA_CONFIG, else torana.yaml here)"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="folder for the database, the spool and secrets")


def port(text: str) -> int:
    """A port number of the command line."""
    if not (text.isascii() and text.isdigit()) or int(text) not in PORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 (any free one) to 65535")
    return int(text)


def environment() -> Environ:
    """The environment and ``.env`` of the working folder."""
    return read_environment(Path.cwd())


def loaded(config: Path | None, overrides: Overrides, environ: Environ, mode: Mode = Mode()) -> Loaded:  # noqa: B008 - frozen
    """The configuration as ``serve`` would read it. Raises ConfigError."""
    return load(config_path(config, environ, Path.cwd()), environ, overrides, find.available(), mode)
