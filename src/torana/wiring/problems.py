"""What is wrong with a configuration, and where: Place, Problem, ConfigError, and the Report that gathers them.

It judges nothing itself. Filled by every step of reading a configuration, printed by the CLI and by a refused reload.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where a value was written. ``line`` and ``column`` count from 1; 0: the source has no lines."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class Problem(NamedTuple):
    """One thing wrong. ``path`` is dotted, such as ``models[0].strategy``; ``suggestion`` may be empty."""

    place: Place
    path: str
    message: str
    suggestion: str = ""
    level: str = "error"

    @property
    def file(self) -> str:
        """The file, or the name of another source (environment, command line)."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1; 0 where there are none."""
        return self.place.line

    @property
    def column(self) -> int:
        """The column, from 1; 0 where there are none."""
        return self.place.column

    def __str__(self) -> str:
        """As compilers write it: ``file:line:col: error: path: message (suggestion)``."""
        subject = f"{self.path}: " if self.path else ""
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.place}: {self.level}: {subject}{self.message}{tail}"


class ConfigError(Exception):
    """A configuration that cannot be served. ``problems`` holds every error found; ``warnings`` what else was said."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


def dotted(path: Path) -> str:
    """``("models", 0, "name")`` → ``models[0].name``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean "weighted"?``, or the choices when none is near and they are few, else nothing."""
    choices = sorted(set(known))
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    if near:
        return f'did you mean "{by_lower[near[0]]}"?'
    if choices and len(choices) <= 12:
        return "known: " + ", ".join(choices)
    return ""


class Report:
    """Gathers errors and warnings, and remembers where each path was written."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[Path, Place] = {}

    def place(self, path: Path) -> Place:
        """Where the path, or its nearest written parent, stands."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path) or Place(self.source)

    def error(self, path: Path, message: str, suggestion: str = "", place: Place | None = None) -> None:
        """Note an error at ``place``, by default where the path was written."""
        self.errors.append(Problem(place or self.place(path), dotted(path), message, suggestion))

    def warn(self, path: Path, message: str, suggestion: str = "", place: Place | None = None) -> None:
        """Note a warning."""
        self.warnings.append(Problem(place or self.place(path), dotted(path), message, suggestion, "warning"))

    def wrong_within(self, path: Path) -> bool:
        """Whether an error stands at the path or below it: what hangs on that value need not be judged too."""
        text = dotted(path)
        return any(one.path == text or one.path.startswith((text + ".", text + "[")) for one in self.errors)

    def wrong_at(self, path: Path) -> bool:
        """Whether an error stands at the path itself."""
        return any(one.path == dotted(path) for one in self.errors)

    def raise_errors(self) -> None:
        """Raise ConfigError when there is any error: by place, each once."""
        if self.errors:
            unique = list(dict.fromkeys(self.errors))
            unique.sort(key=lambda problem: (problem.place.file != self.source, problem.place))
            raise ConfigError(unique, self.warnings)
