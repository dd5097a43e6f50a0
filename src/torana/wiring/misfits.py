"""Which stored rows a refused configuration is about, and how an operator gets out of it.

Nothing is left out by itself: a row that does not fit may be a limit or a guardrail. Called by ``live``, at a start, and by
``torana config``.
"""

from __future__ import annotations

from collections.abc import Iterator

from torana.wiring.object_overlay import Misfit
from torana.wiring.problems import ConfigError, Place, Problem

POLICIES = "policies"
_POLICY = "policy "
"""How the place of a stored policy's problem begins."""


def misfitting(refused: ConfigError) -> list[tuple[str, str, str]]:
    """Tenant, kind and name of the stored rows that a refusal is about, in the order of its problems."""
    return list(dict.fromkeys(_rows(refused)))


def _rows(refused: ConfigError) -> Iterator[tuple[str, str, str]]:
    rows = refused.rows if isinstance(refused, Misfit) else {}
    for problem in refused.problems:
        for (section, index), one in rows.items():
            begin = section if index < 0 else f"{section}[{index}]"
            at = problem.path == begin or problem.path.startswith((begin + ".", begin + "["))
            if at or problem.place.file == f"stored {one.kind} {one.name}":
                yield one.place
                break
        else:
            if problem.place.file.startswith(_POLICY):
                yield "", POLICIES, problem.place.file.removeprefix(_POLICY)


def with_remedies(refused: ConfigError, then: str) -> ConfigError:
    """The same refusal, which also says how to get out of it. ``then``: what happens meanwhile."""
    more = [remedy(*one, then) for one in misfitting(refused)]
    return ConfigError([*refused.problems, *more], refused.warnings) if more else refused


def remedy(tenant: str, kind: str, name: str, then: str) -> Problem:
    """How to get rid of one row."""
    whose = f" of {tenant}" if tenant else ""
    told = f"this stored row does not fit the configuration; {then}"
    return Problem(Place(f"stored {kind} {name}{whose}"), "", told, f"mend the file, or: {command(tenant, kind, name)}")


def command(tenant: str, kind: str, name: str) -> str:
    """What an operator types."""
    return f"torana config withdraw {kind} {name}" + (f" --tenant {tenant}" if tenant else "")
