"""``when`` of deployments: conditions that can be met."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError


def with_condition(name: str) -> str:
    row = f"{{provider: e, model: m, when: {{{name}: eu}}}}"
    return f"providers: [{{id: e, kind: echo}}]\nmodels: [{{name: m, deployments: [{row}]}}]"


@pytest.mark.parametrize(
    "name", ["metadata.plan", "header.x-region", "caller.team", "claim.role", "claim.realm_access.roles"]
)
def test_what_there_is_may_be_looked_at(tmp_path: Path, name: str) -> None:
    assert read(written(tmp_path, with_condition(name))).settings.models[0].deployments[0].when == {name: "eu"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("region", "looks at nothing"),
        ("metadata.", "looks at nothing"),
        ("body.model", "looks at nothing"),
        ('"header.x y"', "no name of a header"),
        ("header.Authorization", "cannot look at a credential"),
        ("caller.taem", 'no "taem".*team'),
        ("claim.", "looks at nothing"),
    ],
)
def test_what_nothing_could_meet_is_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read(written(tmp_path, with_condition(name)))
