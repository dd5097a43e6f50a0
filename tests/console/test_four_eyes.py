"""A second pair of eyes in a real browser: somebody asks, somebody else decides, and nobody decides what they asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.clicking import writes_a_policy
from tests.console.company import PASSWORD, Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from tests.e2e.stage import Stage
from torana.testing.plays import Stream

NUMBER, CONVERSATION = "+44 20 7946 0958", "looms-7"
ASKER, DECIDER = "mira@looms.test", "noor@looms.test"


class Pair(NamedTuple):
    """Two administrators of one organisation."""

    asker: Visit
    decider: Visit


@pytest.fixture(scope="module")
def looms(company: Company) -> Company:
    """An organisation of its own: its settings are nobody else's."""
    ask = company.gateway.ask  # who registers first runs the installation
    made = ask("POST", f"{ADMIN}/auth/register", body={"name": "Looms", "email": ASKER, "password": PASSWORD})
    assert made.status < 300, made.body
    other = {"name": "Noor", "email": DECIDER, "role": "admin", "password": PASSWORD}
    assert ask("POST", f"{ADMIN}/users", made.body["token"], other).status < 300
    return company


@pytest.fixture
def pair(looms: Company, browser: Browser) -> Iterator[Pair]:
    """At a desk who asks, with a phone who decides."""
    gateway = looms.gateway
    with Visit(browser, gateway.origin, 1440, "light") as asker, Visit(browser, gateway.origin, 390, "dark") as decider:
        asker.sign_in(ASKER)
        decider.sign_in(DECIDER)
        yield Pair(asker, decider)
        assert asker.complaints == decider.complaints == []


def demands(visit: Visit, what: str) -> None:
    """From now on somebody else must approve it."""
    page = visit.go("/settings")
    page.get_by_label(what).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def asks_for_a_policy(visit: Visit, name: str) -> Page:
    page = visit.go("/policies")
    writes_a_policy(page, name)
    expect(page.get_by_text("approve").first).to_be_visible()
    return page


def opened(visit: Visit, name: str) -> Page:
    page = visit.go("/approvals")
    page.get_by_role("main").get_by_role("button", name=name).first.click()
    expect(page.get_by_role("dialog").get_by_text("What was asked for")).to_be_visible()
    return page


def test_what_one_asks_for_another_approves_or_refuses(pair: Pair) -> None:
    demands(pair.asker, "Changing a policy")

    asks_for_a_policy(pair.asker, "looms-one")
    mine = opened(pair.asker, "looms-one")
    expect(mine.get_by_text("You asked for this: somebody else must decide it.")).to_be_visible()
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    theirs = opened(pair.decider, "looms-one")
    assert pair.decider.flaws() == []
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_text("Approved. The change is made.")).to_be_visible()
    expect(pair.asker.go("/policies").get_by_role("main").get_by_text("looms-one").first).to_be_visible()

    asks_for_a_policy(pair.asker, "looms-two")
    theirs = opened(pair.decider, "looms-two")
    theirs.get_by_label("Why").fill("not before Monday")
    theirs.get_by_role("button", name="Refuse").click()
    expect(theirs.get_by_text("Refused. Nothing was changed.")).to_be_visible()
    mine = opened(pair.asker, "looms-two")
    expect(mine.get_by_role("dialog").get_by_text("Refused")).to_be_visible()
    expect(pair.asker.go("/policies").get_by_role("main").get_by_text("looms-two")).to_have_count(0)


@pytest.fixture
def token(looms: Company, stage: Stage) -> str:
    """What a guardrail put in the place of a telephone number that somebody at Looms sent."""
    made = looms.gateway.ask("POST", f"{ADMIN}/api-keys", looms.token_of(ASKER), {"name": "looms"})
    stage.play(Stream(events=3))
    body = {"model": "fast-one", "messages": [{"role": "user", "content": f"Ring me at {NUMBER}."}], "stream": True}
    headers = {"x-torana-conversation": CONVERSATION}
    said = looms.gateway.ask("POST", "/v1/chat/completions", made.body["secret"], body, headers)
    assert said.status == 200, said.body
    sent = stage.last.body.decode()
    assert NUMBER not in sent
    found = re.search(r"<PHONE_[0-9a-f]+>", sent)
    assert found is not None, sent
    return found[0]


@pytest.mark.long
def test_a_look_up_is_asked_for_by_one_approved_by_another_and_seen_once(pair: Pair, token: str, shots: Path) -> None:
    demands(pair.asker, "Looking up what tokens stand for")
    page = pair.asker.go("/guardrails?tab=reveal")
    page.get_by_label("Tokens", exact=True).fill(token)
    page.get_by_label("A conversation").fill(CONVERSATION)
    page.get_by_label("Why", exact=True).fill("a complaint")
    look = page.get_by_role("button", name="Look up", exact=True)
    look.click()
    expect(page.get_by_text("This waits for somebody else to approve it.")).to_be_visible()
    pair.asker.is_well(shots, "look-up-waits")

    theirs = opened(pair.decider, "tokens")
    drawer = theirs.get_by_role("dialog")
    expect(drawer.get_by_text("a complaint").first).to_be_visible()
    expect(drawer.get_by_text(NUMBER)).to_have_count(0)
    drawer.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_text("Approved.", exact=True)).to_be_visible()

    mine = opened(pair.asker, "tokens")
    mine.get_by_role("link", name="Look them up now").click()
    look.click()
    expect(page.get_by_role("definition").filter(has_text=NUMBER)).to_be_visible()
    pair.asker.is_well(shots, "look-up-told")
    pair.asker.expected.add("/guardrails/reveal")
    look.click()
    expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    expect(page.get_by_text(NUMBER)).to_have_count(0)
    expect(opened(pair.asker, "tokens").get_by_role("link", name="Look them up now")).to_have_count(0)
