"""Opens a configuration folder of NeMo Guardrails so that its models are asked through this gateway and nothing is told.

It judges no text. Called by the guardrail in this folder.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from torana.guardrails.nemo.loop import at_home
from torana.ports.guardrail import Ask, Said
from torana.upstream.extras import Load, loaded

EXTRA = "nemo"
PACKAGE = "nemoguardrails"
FRAMEWORK = "torana"
ERROR_MESSAGE = "inform internal error occurred"
FAILED = "I'm sorry, an internal error has occurred."
"""What the package answers where an action of a rail failed, unless the folder says otherwise."""


class Opened(NamedTuple):
    """A folder, ready to judge."""

    rails: Any
    """``LLMRails``."""
    sides: Mapping[str, Any]
    """Those of ``input`` and ``output`` for which it has rails → the package's word for it."""
    failures: frozenset[str]
    """Answers that mean that a rail could not judge."""


class _Forgets(dict[Any, Any]):
    """Keeps nothing: the package would keep the events of every text for ever, to go on with a conversation."""

    def __setitem__(self, key: Any, value: Any) -> None: ...


class Model:
    """A model of the folder, as the package wants one (``LLMModel``); asked on the loop of the line."""

    def __init__(self, name: str, provider: str, ask: Ask, package: Any) -> None:
        """``name``: of a model of this gateway. ``package``: has the classes of answers."""
        self.model_name = name
        self.provider_name = provider
        self.provider_url = None
        self._ask = ask
        self._response, self._chunk = package.LLMResponse, package.LLMResponseChunk

    async def generate_async(self, prompt: Any, *, stop: Sequence[str] | None = None, **kwargs: Any) -> Any:
        """The answer. ``kwargs``: of which ``max_tokens`` counts; the temperature is always 0."""
        most = kwargs.get("max_tokens")
        text = await at_home(
            lambda: _asked(self._ask, said(prompt), self.model_name, most if isinstance(most, int) else None, stop)
        )
        return self._response(content=text)

    async def stream_async(
        self, prompt: Any, *, stop: Sequence[str] | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """The answer in one piece."""
        whole = await self.generate_async(prompt, stop=stop, **kwargs)
        yield self._chunk(delta_content=whole.content)


class Framework:
    """What the package makes models with (``LLMFramework``)."""

    def __init__(self) -> None:
        self.make: Callable[[str, str], Model] | None = None
        """For the folder that is being opened."""

    def create_model(self, model_name: str, provider_name: str, model_kwargs: Mapping[str, Any] | None = None) -> Model:
        """The model by its name in the folder. Addresses and keys that the folder gives are not used."""
        if self.make is None:
            raise ValueError("no folder is being opened")
        return self.make(model_name, provider_name)

    def register_provider(self, name: str, provider_cls: Any) -> None:
        """Not used: models are asked through this gateway whatever their provider."""

    def get_provider_names(self) -> list[str]:
        """None."""
        return []

    async def reset(self) -> None:
        """Nothing is held."""


_framework = Framework()


def open_rails(folder: str, models: Mapping[str, str], ask: Ask, load: Load = importlib.import_module) -> Opened:
    """The rails of a folder. ``models``: name in the folder → model of this gateway; a name that is not there stays.

    On the loop where they will run, one folder at a time. Raises ValueError when the package is not installed or the
    folder cannot be used.
    """
    there = loaded(PACKAGE, EXTRA, load)
    _silenced(load)
    if not Path(folder).is_dir():
        raise ValueError(f"folder: there is no folder {folder}")
    if not _is_registered(load(f"{PACKAGE}.llm.frameworks.registry")):
        there.register_framework(FRAMEWORK, _framework)
    there.set_default_framework(FRAMEWORK)
    _framework.make = lambda name, provider: Model(models.get(name, name), provider, ask, there)
    try:
        config = there.RailsConfig.from_path(folder)
        sides = _sides(config)
        config.docs = None  # for dialogues, which are not run; an index of them would fetch a model
        rails = there.LLMRails(config)
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, yaml.YAMLError) as fault:
        raise ValueError(f"folder: NeMo Guardrails cannot use it: {fault}") from fault
    finally:
        _framework.make = None
    rails.events_history_cache = _Forgets()
    kinds = load(f"{PACKAGE}.rails.llm.options").RailType
    failures = frozenset({FAILED, *config.bot_messages.get(ERROR_MESSAGE, ())})
    return Opened(rails, {side: kinds(side) for side in sides}, failures)


def _sides(config: Any) -> frozenset[str]:
    """Raises ValueError for a folder with nothing to run."""
    if config.colang_version != "1.0":
        raise ValueError("its Colang is 2: there rails do not run without their dialogue")
    sides = frozenset(side for side in ("input", "output") if getattr(config.rails, side).flows)
    if not sides:
        raise ValueError("it has neither input nor output rails")
    return sides


def _is_registered(frameworks: Any) -> bool:
    try:
        return frameworks.get_framework(FRAMEWORK) is _framework
    except KeyError:
        return False


def _silenced(load: Load) -> None:
    """No usage statistics, which it sends to its maker by default; no log, for its lines have the texts in them."""
    telemetry = load(f"{PACKAGE}.telemetry")
    if not hasattr(telemetry, "report_usage"):
        raise ValueError("this version of nemoguardrails sends its usage statistics in a way that is not known here")
    telemetry.report_usage = _tells_nobody
    log = logging.getLogger(PACKAGE)
    log.propagate = False
    log.setLevel(logging.CRITICAL + 1)


def _tells_nobody(*args: Any, **kwargs: Any) -> None:
    """In place of what sends the statistics."""


async def _asked(ask: Ask, messages: Sequence[Said], model: str, most: int | None, stop: Sequence[str] | None) -> str:
    return await ask(messages, model, max_tokens=most, stop=tuple(stop or ()))


def said(prompt: Any) -> tuple[Said, ...]:
    """A prompt of the package: text, or its ``ChatMessage``. Raises TypeError for content that is no text."""
    if isinstance(prompt, str):
        return (Said("user", prompt),)
    messages = []
    for one in prompt:
        if isinstance(one.content, str):
            messages.append(Said(str(one.role.value), one.content))
        else:
            raise TypeError("a rail asks a model about something that is no text")
    return tuple(messages)
