"""Tools and files in the playground: a call is shown as it streams, answered by hand, and the model goes on."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.asking import ask, with_key
from tests.console.company import Company
from tests.console.visit import Visit
from tests.e2e.stage import Stage
from torana.testing.plays import DONE, Play, chat_event, chunk, head, usage_event

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def calls_a_tool(exchange_id: str = "call_1") -> Play:
    """A provider whose model calls a tool once, and speaks of what the tool answered."""

    async def play(exchange: object) -> None:
        told = json.loads(exchange.request.body)["messages"]
        await exchange.write(head(200, (("Content-Type", "text/event-stream"),)))
        if told[-1]["role"] == "tool":
            await exchange.write(chunk(chat_event({"content": f"The tool says {told[-1]['content']}."})))
            ending = "stop"
        else:
            pieces = ({"id": exchange_id, "type": "function", "function": {"name": "weather", "arguments": ""}},
                      {"function": {"arguments": '{"city": '}}, {"function": {"arguments": '"Pune"}'}})  # fmt: skip
            for piece in pieces:
                await exchange.write(chunk(chat_event({"tool_calls": [{"index": 0, **piece}]})))
            ending = "tool_calls"
        await exchange.write(chunk(chat_event({}, ending)) + chunk(usage_event(5)) + chunk(DONE) + chunk(b""))

    return play


def test_a_tool_is_defined_called_answered_and_the_model_goes_on(
    desk: Visit, company: Company, shots: Path, stage: Stage
) -> None:
    goes_on_with_a_tool(desk, shots, stage)


@pytest.mark.long  # at every size and theme
def test_a_tool_is_called_and_answered_on_a_phone_and_by_night(
    visit: Visit, company: Company, shots: Path, stage: Stage
) -> None:
    goes_on_with_a_tool(visit, shots, stage)


def goes_on_with_a_tool(visit: Visit, shots: Path, stage: Stage) -> None:
    stage.play(calls_a_tool())
    page = with_key(visit)
    page.get_by_role("button", name="Tools").click()
    page.get_by_role("button", name="Insert an example").click()
    expect(page.get_by_text("1 tool.")).to_be_visible()
    assert visit.flaws() == []
    page.get_by_role("button", name="Done").click()
    ask(page, "How is the weather in Pune?")
    expect(page.get_by_label("Arguments of weather")).to_contain_text('"city": "Pune"')
    assert json.loads(stage.last.body)["tools"][0]["function"]["name"] == "weather"
    page.get_by_label("What weather answers").fill("rain")
    visit.is_well(shots, "playground-tools")
    page.get_by_role("button", name="Go on with it").click()
    expect(page.get_by_text("The tool says rain.")).to_be_visible()
    expect(page.get_by_text("Whole answer")).to_have_count(2)
    roles = [turn["role"] for turn in json.loads(stage.last.body)["messages"]]
    assert roles == ["user", "assistant", "tool"]
    page.get_by_role("button", name="Code").click()
    page.get_by_role("tab", name="Python").click()
    expect(page.get_by_role("tabpanel")).to_contain_text('"role": "tool"')


def test_a_picture_goes_along_as_a_part_of_the_message(desk: Visit, company: Company, stage: Stage) -> None:
    stage.play(calls_a_tool())
    page = with_key(desk)
    files = [{"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL}] * 2
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_role("list", name="Attached").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Remove dot.png").first.click()
    assert desk.flaws() == []
    ask(page, "What is this?")
    expect(page.get_by_label("Arguments of weather")).to_be_visible()
    [turn] = json.loads(stage.last.body)["messages"]
    assert [part["type"] for part in turn["content"]] == ["text", "image_url"]
    assert turn["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
