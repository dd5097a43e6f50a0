"""Reranking said to Cohere's v2 rerank, which takes texts alone: https://docs.cohere.com/reference/rerank.

It sorts nothing; the answer has the caller's shape already. Called by ``providers`` for prompts in the dialect ``rerank``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk, Prompt
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.dialects import plain, rerank
from torana.dialects.strict import refuse_lost
from torana.ports.dialect import StreamDecoder

ID = "cohere_rerank"
PATH = "/v2/rerank"
_TAKEN = frozenset({"model", "query", "documents", "top_n", "max_tokens_per_doc", "priority"})
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_documents = msgspec.json.Decoder(list[str | dict[str, msgspec.Raw]]).decode
_text = msgspec.json.Decoder(str).decode


class RerankTranslation:
    """One request and its answer. Has the upstream side of ``ports.dialect``."""

    __slots__ = ("ID", "body", "headers")

    def __init__(self, prompt: Prompt, model: str) -> None:
        """Raises GatewayError CAPABILITY_MISSING for a query or a document without a text.

        ``prompt`` was read by ``rerank``.
        """
        self.ID = ID
        members = _members(prompt.body)
        told = {name: value for name, value in members.items() if name in _TAKEN and bytes(value).strip() != b"null"}
        told["model"] = msgspec.Raw(msgspec.json.encode(model))
        told["query"] = msgspec.Raw(msgspec.json.encode(_text_of(_part(members["query"]), "query")))
        texts = [_text_of(one, "documents") for one in _documents(members["documents"])]
        told["documents"] = msgspec.Raw(msgspec.json.encode(texts))
        lost = sorted(members.keys() - _TAKEN)
        refuse_lost(prompt, lost)
        dropped = ", ".join(lost)
        self.headers: tuple[tuple[str, str], ...] = (("x-torana-dropped", dropped),) if dropped else ()
        """What the caller is told of it."""
        self.body = msgspec.json.encode(told)

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The provider's body, whatever the caller's was."""
        return self.body

    def decoder(self, ask: Ask) -> StreamDecoder:
        """A decoder that refuses everything."""
        return plain.NoStream("reranking")

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """The answer, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
        try:
            return rerank.read_answer(body, ask)
        except StatusFault as fault:
            fault.dialect = ID
            raise


def _part(raw: msgspec.Raw) -> str | dict[str, msgspec.Raw]:
    """A query as it stands in the body: a text, or an object that holds one."""
    return msgspec.json.decode(raw, type=str | dict[str, msgspec.Raw])


def _text_of(part: str | dict[str, msgspec.Raw], param: str) -> str:
    """The text of a part: itself, or its member ``text``."""
    if isinstance(part, str):
        return part
    try:
        return _text(part["text"])
    except (KeyError, msgspec.ValidationError):
        message = "This model's provider reranks texts: a string, or an object with a text."
        raise GatewayError("CAPABILITY_MISSING", message, param=param, details={"missing": ["documents"]}) from None
