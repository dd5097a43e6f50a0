"""Models, prices, providers, routing and the cache in a real browser: each page's job done by clicking."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.clicking import confirm
from tests.console.company import Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from tests.e2e.process import until
from tests.e2e.stage import Stage
from torana.testing.plays import Stream

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages


def test_a_model_is_made_changed_gone_back_on_and_taken_back(company: Company, owner: Visit, shots: Path) -> None:
    name = f"house-model-{owner.width}"
    page = owner.go("/models")
    expect(page.get_by_role("main").get_by_text("fast-one").first).to_be_visible()
    owner.is_well(shots, "models")
    page.get_by_role("button", name="New model").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Provider", exact=True).select_option("fake")
    page.get_by_label("Its name there").fill("upstream-9")
    page.get_by_label("Input", exact=False).first.fill("0.50")
    page.get_by_label("Output", exact=False).first.fill("abc")
    assert owner.flaws() == []
    owner.expected.add("/models?own=false")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("is no decimal amount").first).to_be_visible()
    page.get_by_label("Output", exact=False).first.fill("1.25")
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("$1.25")).to_be_visible()
    expect(drawer.get_by_text("Price from: the configuration")).to_be_visible()
    owner.is_well(shots, "model")
    drawer.get_by_role("button", name="Change", exact=True).click()
    page.get_by_label("Output", exact=False).first.fill("2.00")
    page.get_by_role("button", name="Save the changes").click()
    expect(drawer.get_by_text("$2.00")).to_be_visible()
    drawer.get_by_text("Version 1").click()
    drawer.get_by_role("button", name="Go back to version 1").click()
    expect(drawer.get_by_text("$1.25").first).to_be_visible()
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_role("main").get_by_role("button", name=name)).to_have_count(0)


def test_prices_tell_where_they_come_from(owner: Visit, shots: Path) -> None:
    page = owner.go("/models?tab=prices")
    expect(page.get_by_text("the configuration").first).to_be_visible()
    owner.is_well(shots, "prices")
    page.get_by_role("tab", name="Catalogue").click()
    page.get_by_label("Kind of provider").select_option("anthropic")
    expect(page.get_by_text("genai-prices").first).to_be_visible()
    assert "kind=anthropic" in page.url
    assert owner.flaws() == []


def test_a_provider_is_made_tried_and_its_secret_never_shown(company: Company, owner: Visit, shots: Path) -> None:
    name, secret = f"second-{owner.width}", "sk-never-shown-4711"
    page = owner.go("/routing")
    expect(page.get_by_text("working").first).to_be_visible()
    owner.is_well(shots, "routing")
    page.get_by_role("button", name="New provider").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Kind").select_option("openai")
    page.get_by_label("Address of the API").fill("http://127.0.0.1:9/v1")
    page.get_by_label("The secret").fill(secret)
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("1 kept")).to_be_visible()
    drawer.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_label("The secret")).to_have_value("")
    page.get_by_label("For the whole answer").fill("7")
    page.get_by_role("button", name="Save the changes").click()
    expect(drawer.get_by_text("For the whole answer: 7 s")).to_be_visible()
    kept = company.gateway.ask("GET", f"{ADMIN}/providers/{name}", company.token).body["document"]
    assert kept["credentials"][0]["api_key"].startswith("masked:")
    drawer.get_by_label("Model there").fill("any")
    drawer.get_by_role("button", name="Send it").click()
    expect(drawer.get_by_text("It did not answer as it should.")).to_be_visible()
    assert secret not in page.content()
    owner.is_well(shots, "provider")
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_role("main").get_by_role("button", name=name)).to_have_count(0)


def test_the_way_of_a_request_is_explained(owner: Visit, shots: Path) -> None:
    page = owner.go("/routing?tab=explain")
    page.get_by_label("Model").select_option("slow-one")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("It would be tried in this order")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="fake").first).to_be_visible()
    owner.is_well(shots, "explain")
    page.get_by_role("tab", name="Rules").click()
    expect(page.get_by_role("button", name="Change the rules")).to_be_visible()


def test_what_the_cache_saves_is_shown_and_it_is_cleared(
    company: Company, owner: Visit, shots: Path, stage: Stage
) -> None:
    ask, cache = company.gateway.ask, f"{ADMIN}/objects/cache/cache"
    stage.play(Stream(events=3))
    page = owner.go("/cache")
    expect(page.get_by_text("The cache is off")).to_be_visible()
    said = ask("PUT", cache, company.token, {"document": {"exact": {"enabled": True}}})
    assert said.status < 300, said.body
    try:
        for _ in range(3):
            assert company.call(f"What is kept at {owner.width}?").status == 200
        # What was saved is written with the rows of requests, a moment later.
        until(lambda: ask("GET", f"{ADMIN}/cache/stats", company.token).body["hits"] > 0, 20)
        page.reload()
        expect(page.get_by_text("Hit rate")).to_be_visible()
        expect(page.get_by_role("cell", name="fast-one").first).to_be_visible()
        owner.is_well(shots, "cache")
        page.get_by_role("button", name="Clear the cache").click()
        page.get_by_label("Of which model").select_option("fast-one")
        assert owner.flaws() == []
        confirm(page, "fast-one", "Clear the cache")
        expect(page.get_by_text("answers are forgotten").first).to_be_visible()
    finally:
        ask("DELETE", cache, company.token)


def test_a_price_of_one_s_own_holds_instead_of_the_catalogue_s(owner: Visit, shots: Path) -> None:
    name = f"house-price-{owner.width}"
    page = owner.go("/models?tab=overrides")
    page.get_by_role("button", name="New price").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Provider", exact=True).fill("fake")
    page.get_by_label("Its name there", exact=True).fill("never-served-*")
    page.get_by_label("Input", exact=False).first.fill("0.20")
    page.get_by_label("Output", exact=False).first.fill("0.80")
    assert owner.flaws() == []
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("cell", name="$0.80").first).to_be_visible()
    owner.is_well(shots, "own-prices")
    page.get_by_role("main").get_by_role("button", name="never-served-*").first.click()
    drawer = page.get_by_role("dialog").first
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_text("No prices of your own")).to_be_visible()
    page.get_by_role("tab", name="Exchange rates").click()
    expect(page.get_by_text("No exchange rates")).to_be_visible()
