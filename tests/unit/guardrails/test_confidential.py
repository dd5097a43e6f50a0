"""Marks are found by their words, documents by fingerprints that do not hold their text."""

from __future__ import annotations

import base64

import msgspec
import pytest

from torana.guardrails import confidential
from torana.guardrails.confidential import Document, Settings, fingerprint

TEXT = "The reactor in hall four will be shut down for repairs from the ninth of March until further notice."


def kinds(settings: Settings, text: str) -> list[str]:
    return [one.kind for one in confidential.open(settings).check(text)]


def registered(key: str = "k", **more: int) -> Settings:
    return Settings(documents=(Document("plan", fingerprint(TEXT, key)),), key=key, **more)


def test_the_marks_that_come_with_it_are_found_and_others_take_their_place() -> None:
    assert kinds(Settings(), "STRICTLY\nconfidential!") == ["confidential_mark"]
    assert kinds(Settings(marks=("vertraulich",)), "strictly confidential, Vertraulich") == ["confidential_mark"]


def test_a_passage_of_a_registered_document_is_found_in_other_clothes() -> None:
    text = "fyi:\n> the REACTOR in hall four, will be shut down for repairs\nok?"
    (found,) = confidential.open(registered()).check(text)
    assert text[found.start : found.end] == "the REACTOR in hall four, will be shut down for repairs"
    assert found.kind == "confidential_passage"


def test_a_few_shared_words_are_no_passage() -> None:
    assert kinds(registered(), "it will be shut down for repairs") == []
    assert kinds(registered(least=1), "it will be shut down for repairs") == ["confidential_passage"]


def test_without_the_key_nothing_is_found() -> None:
    assert kinds(Settings(documents=registered().documents, key="other"), TEXT) == []


def test_a_fingerprint_is_the_same_for_the_same_words_and_holds_none_of_them() -> None:
    assert fingerprint(TEXT, "k") == fingerprint(TEXT.upper().replace(" ", "\n"), "k")
    assert b"reactor" not in base64.b64decode(fingerprint(TEXT, "k")).lower()


def test_a_text_too_short_to_be_known_again_has_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="6 words"):
        fingerprint("only four words here", "k")


@pytest.mark.parametrize("wrong", ["not base64!", "QUJDREVGRw=="])
def test_a_broken_fingerprint_is_refused_and_its_document_named(wrong: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"documents\[0\]"):
        msgspec.convert({"documents": [{"name": "plan", "fingerprint": wrong}]}, Settings)


def test_a_key_longer_than_blake2_takes_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="64 bytes"):
        msgspec.convert({"key": "é" * 40}, Settings)


def test_with_documents_every_text_is_asked_about_and_in_a_thread() -> None:
    assert confidential.price_class(Settings()) == "instant"
    assert confidential.price_class(registered()) == "fast"
    assert confidential.open(Settings()).triggers
    assert confidential.open(registered()).triggers is None
