"""Requests about files and batches: which provider path they become, and what is read off the answers."""

from __future__ import annotations

import pytest

from tests.unit.dialects.test_batch_lines import line
from tests.unit.dialects.test_files import upload
from torana.core.call import Ask, Call, Prompt, Usage
from torana.core.faults import AnswerMalformed
from torana.core.kept import ANSWER, BATCH, FILE, RESPONSE, Pin, Wanted
from torana.core.trail import Trail
from torana.dialects.kept_requests import KeptRequest, about, errand
from torana.ports.passing import Errand


def errand_of(wanted: Wanted, body: bytes = b"", pin: Pin | None = None) -> Errand:
    request = KeptRequest(wanted)
    call = Call(request.ID, request.OPERATION, body, (), request.read, Trail("r", "r", 0.0, 0.0))
    call.pin = pin or Pin()
    return errand(Prompt(call, "m", body), "up")


@pytest.mark.parametrize(
    ("wanted", "method", "path", "repeatable"),
    [
        (Wanted(FILE, "read", "file-1"), "GET", "/files/file-1", True),
        (Wanted(FILE, "content", "file-1"), "GET", "/files/file-1/content", True),
        (Wanted(FILE, "drop", "file-1"), "DELETE", "/files/file-1", True),
        (Wanted(BATCH, "read", "batch_1"), "GET", "/batches/batch_1", True),
        (Wanted(BATCH, "stop", "batch_1"), "POST", "/batches/batch_1/cancel", True),
        (Wanted(RESPONSE, "read", "resp_1"), "GET", "/responses/resp_1", True),
        (Wanted(RESPONSE, "drop", "resp_1"), "DELETE", "/responses/resp_1", True),
        (Wanted(RESPONSE, "stop", "resp_1"), "POST", "/responses/resp_1/cancel", True),
        (Wanted(RESPONSE, "items", "resp_1", query="limit=5"), "GET", "/responses/resp_1/input_items?limit=5", True),
    ],
)
def test_each_deed_has_its_path(wanted: Wanted, method: str, path: str, repeatable: bool) -> None:
    made = errand_of(wanted, b"whatever was sent along")
    assert (made.method, made.path, made.repeatable, made.body) == (method, path, repeatable, b"")


def test_what_makes_something_is_sent_once_with_the_type_that_it_was_read_as() -> None:
    file = errand_of(Wanted(FILE, "make"), upload(line(), "batch"))
    assert not file.repeatable and file.headers == (("content-type", 'multipart/form-data; boundary="B"'),)
    assert file.body is not None and b'"model": "up"' in file.body
    said = b'{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}'
    batch = errand_of(Wanted(BATCH, "make"), said)
    assert not batch.repeatable and batch.body == said


def test_what_the_answer_says_is_written_on_the_pin() -> None:
    pin = Pin()
    made = errand_of(Wanted(BATCH, "read", "batch_1"), pin=pin)
    chunk = made.side.read_answer(b'{"id":"batch_1","status":"failed"}', KeptRequest(Wanted(BATCH, "read")).read(b""))
    assert chunk.usage == Usage() and pin.made is not None and pin.made.over
    with pytest.raises(AnswerMalformed):
        made.side.read_answer(b'{"hello":1}', KeptRequest(Wanted(BATCH, "read")).read(b""))


@pytest.mark.parametrize(
    ("deed", "answer", "gone"),
    [
        ("drop", b'{"id":"resp_1","deleted":true}', True),
        ("read", b'{"id":"resp_1","object":"response"}', False),
        ("items", b'{"object":"list","data":[]}', False),
    ],
)
def test_of_a_response_only_its_end_matters(deed: str, answer: bytes, gone: bool) -> None:
    pin = Pin("p", "c")
    wanted = Wanted(RESPONSE, deed, "resp_1")
    chunk = errand_of(wanted, pin=pin).side.read_answer(answer, KeptRequest(wanted).read(b""))
    assert (chunk.wire, chunk.usage) == (answer, Usage())
    assert (pin.made is not None and pin.made.over) is gone


def test_an_answer_that_is_kept_is_no_request_about_it() -> None:
    for wanted, pin, expected in [
        (Wanted(RESPONSE, ANSWER, "resp_1"), Pin("p", "c"), False),
        (Wanted(RESPONSE, "read", "resp_1"), Pin("p", "c"), True),
        (Wanted(FILE, "make"), Pin(), True),
        (Wanted(RESPONSE, ANSWER), None, False),
    ]:
        call = Call("d", "o", b"", (), lambda _, wanted=wanted: Ask("m", kept=wanted), Trail("r", "r", 0.0, 0.0))  # type: ignore[misc]
        call.pin = pin
        assert about(Prompt(call, "m", b"")) is expected
