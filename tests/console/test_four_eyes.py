"""A second pair of eyes in a real browser: somebody asks, somebody else decides, and nobody decides what they asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.company import PASSWORD, Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN

ASKER, DECIDER = "mira@looms.test", "noor@looms.test"


class Pair(NamedTuple):
    """Two administrators of one organisation."""

    asker: Visit
    decider: Visit


@pytest.fixture
def pair(company: Company, browser: Browser) -> Iterator[Pair]:
    """An organisation of its own: its settings are nobody else's."""
    gateway = company.gateway  # who registers first runs the installation
    body = {"name": "Looms", "email": ASKER, "password": PASSWORD}
    made = gateway.ask("POST", f"{ADMIN}/auth/register", body=body)
    assert made.status < 300, made.body
    other = {"name": "Noor", "email": DECIDER, "role": "admin", "password": PASSWORD}
    assert gateway.ask("POST", f"{ADMIN}/users", made.body["token"], other).status < 300
    with Visit(browser, gateway.origin, 1440, "light") as asker, Visit(browser, gateway.origin, 390, "dark") as decider:
        asker.sign_in(ASKER)
        decider.sign_in(DECIDER)
        yield Pair(asker, decider)
        assert asker.complaints == decider.complaints == []


def asks_for_a_policy(visit: Visit, name: str) -> Page:
    page = visit.go("/policies")
    page.get_by_role("button", name="Write a policy").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill(name)
    drawer.get_by_text("Fields", exact=True).click()
    drawer.get_by_role("button", name="Put in cache", exact=True).click()
    drawer.get_by_role("button", name="Save on trial").click()
    expect(page.get_by_text("approve").first).to_be_visible()
    return page


def opened(visit: Visit, name: str) -> Page:
    page = visit.go("/approvals")
    page.get_by_role("main").get_by_role("button", name=name).first.click()
    expect(page.get_by_role("dialog").get_by_text("What was asked for")).to_be_visible()
    return page


def test_what_one_asks_for_another_approves_or_refuses(pair: Pair) -> None:
    page = pair.asker.go("/settings")
    page.get_by_label("Changing a policy").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

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
