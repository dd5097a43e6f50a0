"""Who is asked about which texts: all of them together where one judges so, and threads of its own for who is slow."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

import pytest

from tests.line.finders import NOWHERE, Finds
from tests.line.world import World
from torana.core.json_places import places
from torana.core.tickets import Rule
from torana.guardrails import size
from torana.line.guard_look import JUDGED, Judging, Lasting, look, look_long, show
from torana.line.guard_memory import Memory
from torana.line.guard_team import Guard, Member, Team, Teams
from torana.line.guard_threads import THREADS, Crews
from torana.ports.guardrail import Finding, Where

BODY = {
    "messages": [
        {"role": "system", "content": "x" * 10},
        {"role": "user", "content": "y" * 10},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": json.dumps({"a": "z" * 8})}}]},
    ]
}


def team_with(guardrail: object, price: str = "instant") -> tuple[Team, Teams]:
    teams = Teams({"g": Guard("g", guardrail, price=price, deadline_s=0.2)})  # type: ignore[arg-type]
    return teams.of((Rule("g"),), "input"), teams


def hits_of(settings: size.Settings) -> list[str]:
    team, teams = team_with(size.open(settings))
    found = places(json.dumps(BODY).encode())
    return [found[one.place].text[:4] for one in look(team, show(found, "input", teams.gate)).hits]


def test_texts_are_too_long_together_and_what_stands_in_another_counts_there_only() -> None:
    total = 10 + 10 + len("f") + len(json.dumps({"a": "z" * 8}))
    assert hits_of(size.Settings(total_characters=total)) == []
    assert hits_of(size.Settings(total_characters=total - 1)) == ["xxxx", "yyyy", "f", '{"a"']


def test_messages_are_counted_together() -> None:
    assert hits_of(size.Settings(messages=2)) == []
    assert hits_of(size.Settings(messages=1)) == ["xxxx", "yyyy", "f", '{"a"']


def test_each_is_still_looked_at_by_itself_and_so_is_what_stands_in_another() -> None:
    assert hits_of(size.Settings(characters=16)) == ['{"a"']
    assert hits_of(size.Settings(characters=9)) == ["xxxx", "yyyy", '{"a"', "zzzz"]


@pytest.mark.parametrize("said", [(), [()], [()] * 9, [None] * 3])
def test_findings_for_other_texts_than_were_given_are_nonsense(said: Sequence[Sequence[Finding]]) -> None:
    class Raves(Finds):
        def check_all(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
            return said

    team, teams = team_with(Raves("x"))
    outcome = look(team, show(places(json.dumps(BODY).encode()), "input", teams.gate))
    assert (outcome.hits, outcome.failed) == ([], list(team.members))


class Waits(Finds):
    """Looks until it is let go, and knows for which request."""

    def __init__(self) -> None:
        super().__init__("x")
        self.let_go = threading.Event()
        self.judged: list[Judging | None] = []

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        self.judged.append(JUDGED.get())
        self.let_go.wait()
        return super().check(text, where)


async def outcome_of(team: Team, teams: Teams, lasting: Lasting) -> Sequence[Member]:
    shown = show(places(json.dumps(BODY).encode()), "input", teams.gate)
    return (await look_long(team, shown, lasting)).failed


async def test_a_guardrail_that_hangs_has_not_looked_and_soon_is_not_waited_for() -> None:
    hanging = Waits()
    team, teams = team_with(hanging, "slow")
    lasting = Lasting(Memory(), Crews())
    for _ in range(THREADS):
        assert await outcome_of(team, teams, lasting) == list(team.members)
    assert (lasting.crews.given_up, lasting.crews.refused, len(hanging.judged)) == (THREADS, 0, THREADS)
    assert await outcome_of(team, teams, lasting) == list(team.members)
    assert (lasting.crews.refused, len(hanging.judged)) == (1, THREADS)
    hanging.let_go.set()


async def test_in_its_thread_a_guardrail_knows_for_which_request_it_looks() -> None:
    waits = Waits()
    waits.let_go.set()
    team, teams = team_with(waits, "slow")
    judging = Judging(World().trail(), None)
    JUDGED.set(judging)
    assert await outcome_of(team, teams, Lasting(Memory(), Crews())) == []
    assert set(waits.judged) == {judging}
