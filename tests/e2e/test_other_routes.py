"""The unmodified openai SDK on the routes beside chat, through a gateway that gives every model another name upstream."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.process import until
from tests.e2e.road import straight

pytestmark = straight

OPERATIONS = ["moderations", "image_generations", "image_edits", "speech", "transcriptions", "translations"]
NAMES = {"judge": "omni-moderation-latest", "painter": "gpt-image-1", "speaker": "tts-1", "listener": "whisper-1"}
PIXEL = b"\x89PNG\r\n\x1a\n\x00\x01"
SOUND = b"RIFF\x00\x00\xff\xfeWAVE\r\n--\r\n"


@pytest.fixture(scope="module")
def served(aimock: Aimock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    found = Gateway(
        tmp_path_factory.mktemp("other") / "gateway",
        configuration(
            [
                provider(
                    "all",
                    aimock.origin,
                    api_key=UPSTREAM_KEY,
                    operations=OPERATIONS,
                    headers={"x-aimock-strict": "false"},
                ),
                provider("chat-only", aimock.origin, api_key=UPSTREAM_KEY, operations=["chat"]),
            ],
            [
                *(model(name, "all", upstream) for name, upstream in NAMES.items()),
                model("deaf", "chat-only", "whisper-1"),
            ],
        ),
    )
    yield found
    assert found.process.stop() == 0, found.process.tail()


@pytest.fixture
def sdk(served: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as client:
        yield client


def named(filename: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = filename
    return file


def last_model(aimock: Aimock) -> object:
    return dict(aimock.seen()[-1]["body"])["model"]  # type: ignore[call-overload]


def test_moderations_give_their_verdict(sdk: openai.OpenAI) -> None:
    answer = sdk.moderations.create(model="judge", input=["a friendly text"])
    assert answer.model == NAMES["judge"]
    assert [result.flagged for result in answer.results] == [False]


def test_pictures_come_whole(sdk: openai.OpenAI, aimock: Aimock) -> None:
    answer = sdk.images.generate(model="painter", prompt="paint a cat")
    assert answer.data is not None
    assert base64.b64decode(answer.data[0].b64_json or "").startswith(b"\x89PNG")
    assert last_model(aimock) == NAMES["painter"]


def test_pictures_are_edited(sdk: openai.OpenAI, aimock: Aimock) -> None:
    answer = sdk.images.edit(model="painter", prompt="paint a cat", image=named("p.png", PIXEL))
    assert answer.data is not None
    assert answer.data[0].b64_json
    assert last_model(aimock) == NAMES["painter"]


def test_sound_comes_byte_for_byte_and_says_what_it_is(sdk: openai.OpenAI, aimock: Aimock) -> None:
    answer = sdk.audio.speech.with_raw_response.create(model="speaker", voice="alloy", input="speak up")
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.http_response.content == base64.b64decode("SUQzBAAAAAAAAP/7kA==")
    assert last_model(aimock) == NAMES["speaker"]


def test_sound_goes_up_and_its_text_comes_back(sdk: openai.OpenAI, aimock: Aimock) -> None:
    answer = sdk.audio.transcriptions.create(model="listener", file=named("a.wav", SOUND), language="en")
    assert answer.text == "one two three"
    assert last_model(aimock) == NAMES["listener"]


def test_a_host_that_did_not_declare_it_is_not_asked(sdk: openai.OpenAI, aimock: Aimock) -> None:
    before = len(aimock.seen())
    with pytest.raises(openai.APIStatusError) as caught:
        sdk.audio.transcriptions.create(model="deaf", file=named("a.wav", SOUND))
    assert caught.value.response.json()["error_code"] == "CAPABILITY_MISSING"
    assert len(aimock.seen()) == before


def test_every_request_is_in_the_audit_file(sdk: openai.OpenAI, served: Gateway) -> None:
    answer = sdk.audio.speech.with_raw_response.create(model="speaker", voice="alloy", input="speak up")
    request_id = answer.headers["x-request-id"]
    until(lambda: any(entry.get("request_id") == request_id for entry in served.audit()), 5)
    (entry,) = [entry for entry in served.audit() if entry.get("request_id") == request_id]
    assert (entry["operation"], entry["dialect"], entry["model"]) == ("speech", "speech", "speaker")
    assert (entry["ending"], entry["usage_estimated"]) == ("completed", False), "characters are exact"
