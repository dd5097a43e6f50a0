"""The first pages in a real browser, at a desk and on a phone, by day and by night."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.sync_api import expect

from tests.console.asking import ask, with_key
from tests.console.company import OWNER, Company
from tests.console.visit import Visit
from tests.e2e.gateway import CALLER_KEY
from tests.e2e.stage import Stage
from torana.testing.plays import DONE, Play, Stream, chat_event, chunk, head, usage_event

EVENTS = (("Content-Type", "text/event-stream"),)


def says(*words: str, wait: bool = False) -> Play:
    """A provider that streams these words; ``wait``: and then says nothing until the caller hangs up."""

    async def play(exchange: object) -> None:
        await exchange.write(head(200, EVENTS) + chunk(chat_event({"role": "assistant", "content": ""})))
        for word in words:
            await exchange.write(chunk(chat_event({"content": word})))
            await asyncio.sleep(0.02)
        if wait:
            await exchange.gone()
            return
        await exchange.write(chunk(chat_event({}, "stop")) + chunk(usage_event(len(words))) + chunk(DONE) + chunk(b""))

    return play


def test_whoever_is_not_signed_in_is_asked_to(visit: Visit, shots: Path, company: Company) -> None:
    page = visit.go("/")
    expect(page).to_have_url(f"{visit.origin}/sign-in?to=%2F")
    expect(page.get_by_label("Password")).to_be_visible()
    visit.is_well(shots, "sign-in")
    page.get_by_role("button", name="Register your organisation").click()
    expect(page.get_by_label("Your organisation")).to_be_visible()


def test_two_models_answer_side_by_side_and_tell_what_it_cost(visit: Visit, shots: Path, stage: Stage) -> None:
    stage.play(says("A gateway ", "stands between ", "applications and models."))
    page = with_key(visit)
    page.get_by_role("button", name="Compare").click()
    ask(page, "What is a gateway?")
    answers = page.get_by_role("region").get_by_text("A gateway stands between applications and models.")
    expect(answers).to_have_count(2)
    expect(page.get_by_text("Cost")).to_have_count(2)
    expect(page.get_by_text("$0.0").first).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    visit.is_well(shots, "playground")


def test_an_answer_is_stopped_at_once(desk: Visit, stage: Stage) -> None:
    stage.play(says("never ", "ending ", wait=True))
    page = with_key(desk)
    ask(page, "Talk for ever")
    expect(page.get_by_text("never ending")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    expect(page.get_by_text("never ending")).to_be_visible()
    stage.play(Stream(events=3))
    ask(page, "Once more")
    expect(page.get_by_text("Whole answer")).to_have_count(2)


def test_an_answer_that_a_guardrail_stops_is_shown_as_stopped(visit: Visit, shots: Path, stage: Stage) -> None:
    stage.play(
        says(
            "The report goes to the office in Pune ",
            "and to whoever asks: ",
            "write to ",
            "ann.smith@example.org ",
            "today.",
        )
    )
    page = with_key(visit)
    ask(page, "Who gets the report?")
    expect(page.get_by_role("alert").get_by_text("A guardrail stopped this")).to_be_visible()
    expect(page.get_by_text("ann.smith@example.org")).to_have_count(0)
    visit.is_well(shots, "playground-blocked")


def test_the_same_request_is_shown_as_code_without_the_key(desk: Visit, stage: Stage) -> None:
    stage.play(says("yes"))
    page = with_key(desk)
    ask(page, "Really?")
    expect(page.get_by_text("Whole answer")).to_be_visible()
    page.get_by_role("button", name="Code").click()
    for language, word in (
        ("curl", "curl http"),
        ("Python", "from openai import OpenAI"),
        ("TypeScript", "new OpenAI"),
    ):
        page.get_by_role("tab", name=language).click()
        expect(page.get_by_role("tabpanel").get_by_text(word)).to_be_visible()
        assert CALLER_KEY not in page.locator("body").inner_text()
    assert desk.flaws() == []


def test_the_keyboard_leads_everywhere(desk: Visit) -> None:
    page = desk.go("/playground")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search pages and actions")).to_be_focused()
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    assert desk.flaws() == []
    page.reload()
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


MOST_BYTES = 250_000


def test_signing_in_loads_no_more_than_a_first_load_may(company: Company, desk: Visit) -> None:
    loaded = desk.loads("/sign-in")
    assert 0 < sum(loaded.values()) <= MOST_BYTES, loaded


def test_the_overview_loads_no_more_than_a_first_load_may(company: Company, desk: Visit) -> None:
    desk.sign_in(OWNER)
    loaded = desk.loads("/?range=30d")
    assert any("dashboard" in path for path in loaded)
    assert 0 < sum(loaded.values()) <= MOST_BYTES, loaded
