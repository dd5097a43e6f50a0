"""Reads the process environment and ``.env`` of the working folder: the one place that does.

It decides nothing about settings: ``environment_names.py`` says what each name means. Called by the CLI and ``serve``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from torana.wiring.problems import Place, Problem

LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "'": "'"}
MAX_BYTES = 1024 * 1024
CONFIG_NAME = "torana.yaml"


class Environ(dict[str, str]):
    """Environment names and values; ``places`` for those from ``.env``, ``warnings`` about its lines. Never printed."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        super().__init__(values or {})
        self.places: dict[str, Place] = {}
        self.warnings: list[Problem] = []

    def __repr__(self) -> str:
        return f"<Environ {len(self)} names>"


def read_environment(folder: Path, process: Mapping[str, str] | None = None) -> Environ:
    """The process environment laid over ``.env`` of ``folder``. ``process``: by default the real one."""
    environ = Environ()
    file = folder / ".env"
    try:
        data = file.read_bytes() if file.is_file() else b""
    except OSError as fault:
        data = b""
        environ.warnings.append(_warning(Place(".env"), f"cannot be read: {fault.strerror}"))
    read_dotenv(data[:MAX_BYTES].decode("utf-8-sig", "replace"), ".env", environ)
    for name, value in (os.environ if process is None else process).items():
        environ[name] = value
        environ.places.pop(name, None)
    return environ


def read_dotenv(text: str, file: str, environ: Environ) -> None:
    """Add the lines of a ``.env`` file: ``NAME=value``, ``export NAME="value"``, ``#`` comments. Nothing is expanded.

    A line that is none of these is left out with a warning, as the file may serve other programs too.
    """
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = LINE.fullmatch(stripped)
        if match is None:
            environ.warnings.append(_warning(Place(file, number), "not NAME=value; the line is left out"))
            continue
        value = _value(match[2])
        if value is None:
            environ.warnings.append(_warning(Place(file, number), f"{match[1]}: a quote is not closed; left out"))
            continue
        environ[match[1]] = value
        environ.places[match[1]] = Place(file, number)


def _value(raw: str) -> str | None:
    """The value behind ``=``; None when its quote is not closed. Behind an unquoted one, `` #`` begins a comment."""
    if raw[:1] not in ("'", '"'):
        return re.split(r"(?:^|\s+)#", raw, maxsplit=1)[0].strip()
    quote, out, position = raw[0], "", 1
    while position < len(raw):
        letter = raw[position]
        if letter == quote:
            return out
        if letter == "\\" and quote == '"' and position + 1 < len(raw):
            position += 1
            letter = ESCAPES.get(raw[position], "\\" + raw[position])
        out += letter
        position += 1
    return None


def _warning(place: Place, message: str) -> Problem:
    return Problem(place, "", message, level="warning")


def place_of(environ: Mapping[str, str], name: str) -> Place:
    """Where a name was set: its line in ``.env``, or the environment."""
    places: Mapping[str, Place] = getattr(environ, "places", {})
    return places.get(name) or Place(f"environment {name}")


def config_path(asked: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The configuration file: the one asked for, TORANA_CONFIG, ``torana.yaml`` in ``folder``, or None."""
    if asked is not None:
        return asked
    if environ.get("TORANA_CONFIG"):
        return Path(environ["TORANA_CONFIG"])
    found = folder / CONFIG_NAME
    return found if found.is_file() else None
