"""Which level of JSON Schema a request's schemas are brought to before they go to a provider of another dialect.

What each level takes stands in ``schema_table``; how a schema is simplified, ``schema_levels`` knows. Called by
``translation``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from torana.core.errors import GatewayError
from torana.core.events import Format, Request, Tool
from torana.dialects.schema_levels import Levelled, levelled

KEPT = 512
"""How many levelled schemas are remembered: agents send the same tools with every request."""
LONGEST_KEPT = 16 * 1024
"""Bytes. Longer schemas are levelled each time."""


class Fit(NamedTuple):
    """Levels of one target; empty: it takes any schema, or keeps to none and so refuses none."""

    output: str = ""
    """Of the answer's schema."""
    output_strict: str = ""
    """The same where the caller asked for strict."""
    tools: str = ""
    """Of the parameters of tools."""
    tools_strict: str = ""


_ANY = Fit()
_CLAUDE = Fit("anthropic_output", "anthropic_output", "", "anthropic_output")
_FITS = {
    "openai_chat": Fit("", "openai_strict", "", "openai_strict"),
    "openai_responses": Fit("", "openai_strict", "", "openai_strict"),
    "anthropic_messages": _CLAUDE,
    "gemini_content": Fit("gemini_json", "gemini_json", "gemini_json", "gemini_json"),
    "bedrock_converse": Fit("anthropic_output", "anthropic_output", "bedrock_tools", "bedrock_tools"),
    "cohere_chat": Fit("cohere_output", "cohere_output", "", "cohere_output"),
}
"""Dialect → levels. Those of OpenAI bind only where strict is asked for; other hosts of its dialect take no less."""


class Fitted(NamedTuple):
    """A request whose schemas its target takes, and what was lost: places as URI fragments (RFC 6901, section 6)."""

    request: Request
    dropped: tuple[str, ...] = ()


def fit_of(dialect: str, model: str) -> Fit:
    """The levels for a provider's dialect and a model's name. On Bedrock they are the model's: Claude takes what it takes."""
    if dialect == "bedrock_converse" and "claude" in model:
        return _CLAUDE
    return _FITS.get(dialect, _ANY)


def fitted(request: Request, dialect: str, model: str) -> Fitted:
    """The request for a target; the same object when nothing has to change.

    Raises GatewayError REQUEST_INVALID for a schema that is none, or that no simplification makes fit.
    """
    if request.format is None and not request.tools:
        return Fitted(request)
    fit = fit_of(dialect, model)
    dropped: list[str] = []
    form = _form(request.format, fit, dropped) if request.format is not None else None
    tools = tuple(_tool(tool, fit, dropped) for tool in request.tools)
    if form is request.format and all(one is other for one, other in zip(tools, request.tools, strict=True)):
        return Fitted(request)
    return Fitted(request._replace(format=form, tools=tools), tuple(dropped))


def _form(form: Format, fit: Fit, dropped: list[str]) -> Format:
    level = fit.output_strict if form.strict else fit.output
    schema = _schema(form.schema, level, "response_format", dropped)
    return form if schema is form.schema else form._replace(schema=schema)


def _tool(tool: Tool, fit: Fit, dropped: list[str]) -> Tool:
    level = fit.tools_strict if tool.strict else fit.tools
    schema = _schema(tool.schema, level, f"tools.{tool.name}", dropped)
    return tool if schema is tool.schema else tool._replace(schema=schema)


def _schema(schema: bytes, level: str, place: str, dropped: list[str]) -> bytes:
    if not schema or not level:
        return schema
    try:
        made = (_remembered if len(schema) <= LONGEST_KEPT else levelled)(schema, level)
    except ValueError as fault:
        raise GatewayError("REQUEST_INVALID", f"{place[:80]}: {fault}", param=place[:80]) from None
    dropped += (f"{place[:80]}#{pointer}" for pointer in made.dropped)
    return schema if made.schema == schema else made.schema


@lru_cache(maxsize=KEPT)
def _remembered(schema: bytes, level: str) -> Levelled:
    return levelled(schema, level)


def told(names: tuple[str, ...], most: int = 2000) -> str:
    """Names as the value of a header: bytes that a header cannot hold are percent-encoded, and a long row is cut.

    The cut is said: ``and 7 more`` ends the row.
    """
    said: list[str] = []
    length = 0
    for name in names:
        shown = quote(name, safe="/#~$%[]().:_-!*'+=?@ ")
        length += len(shown) + 2
        if length > most:
            break
        said.append(shown)
    if len(said) < len(names):
        said.append(f"and {len(names) - len(said)} more")
    return ", ".join(said)
