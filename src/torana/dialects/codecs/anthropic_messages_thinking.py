"""Decides what a Claude model of a name accepts: its form of thinking, sampling, forced tools.

The names tell the generation, and a generation refuses with a 400 what the one before it wanted. Called by
``anthropic_messages_body``; source: https://platform.claude.com/docs/en/build-with-claude/thinking.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from torana.core.events import Reasoning, Request, Thinking, ToolCall

DEFAULT_MAX_TOKENS = 4096
"""``max_tokens`` must be sent. 4,096 is what every Claude model since Claude 3 can write in one answer."""
LEAST_BUDGET = 1024
"""Tokens; the API refuses smaller budgets (https://platform.claude.com/docs/en/build-with-claude/extended-thinking)."""
BUDGETS = {"minimal": 1024, "low": 2048, "medium": 4096, "high": 16384}
"""Effort → tokens of thinking, for models that only know budgets."""
EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high"}
_BY_BUDGET = ((2048, "low"), (8192, "medium"))
"""A budget of tokens as an effort: up to this many, else high."""

_NAME = re.compile(r"claude-(?:(?P<family>[a-z]+)-)?(?P<major>\d)(?:[-.](?P<minor>\d{1,2})(?!\d))?(?!\d)")
_ALWAYS_THINKING = ("mythos", "fable")


class Rules(NamedTuple):
    """What a model accepts. The defaults are those of a name that tells nothing, and of models before Claude 4.1."""

    adaptive: bool = False
    """It chooses how much to think, by an effort; budgets are refused or deprecated."""
    hides: bool = False
    """It shows its thinking only when asked to."""
    off: str | None = "absent"
    """How thinking is switched off: a ``thinking.type``, ``absent`` (it is off by itself), or None (it cannot be)."""
    sampling: bool = True
    """It takes ``temperature``, ``top_p`` and ``top_k``."""
    both: bool = True
    """It takes ``temperature`` and ``top_p`` in one request."""
    forced: bool = True
    """It can be made to call a tool."""


def rules_of(model: str) -> Rules:
    """The rules for a model's name, whichever host's prefix or date is around it."""
    named = _NAME.search(model)
    family = named["family"] or "" if named else ""
    version = (int(named["major"]), int(named["minor"] or 0)) if named else (0, 0)
    if any(f"claude-{always}" in model for always in _ALWAYS_THINKING):
        return Rules(True, True, None, sampling=False, both=False, forced=version < (5, 1))
    if version < (4, 6):
        return Rules(both=version < (4, 1))
    if version < (4, 7):
        return Rules(adaptive=True, both=False)
    off: str | None = "absent"
    if version >= (5, 5):
        off = None if family == "opus" else "between_tools"
    elif version >= (5, 0):
        off = "disabled"
    return Rules(True, True, off, sampling=False, both=False, forced=version < (5, 5))


class Said(NamedTuple):
    """What is said of thinking: the ``thinking`` object, ``output_config.effort``, and tokens to leave room for."""

    thinking: dict[str, object] | None = None
    effort: str = ""
    room: int = 0

    @property
    def on(self) -> bool:
        """Whether the model is asked to think."""
        return self.room > 0


def said_of(request: Request, rules: Rules, dropped: list[str]) -> Said:
    """What a model of these rules is told; what it cannot be told is added to ``dropped``."""
    wanted = request.reasoning
    if wanted is None:
        return Said()
    if wanted.effort == "off" or wanted.budget == 0:
        if rules.off is None:
            dropped.append("thinking")
        return Said(None if rules.off in (None, "absent") else {"type": rules.off})
    if rules.adaptive:
        return _adaptive(wanted, rules, dropped)
    if (request.choice is not None and request.choice.kind in ("any", "tool") and request.tools) or _unsigned(request):
        dropped.append("thinking")  # a budget beside either is refused with a 400, and the caller needs the tools
        return Said()
    most = most_tokens(request)
    if most <= LEAST_BUDGET:
        dropped.append("thinking")  # thinking counts in max_tokens, and more than the caller's bound was not held for
        return Said()
    budget = max(_budget(wanted), LEAST_BUDGET)
    if budget >= most or not wanted.budget:
        budget = min(budget, max(LEAST_BUDGET, most // 2))
    return Said({"type": "enabled", "budget_tokens": budget}, room=budget)


def most_tokens(request: Request) -> int:
    """The most tokens the answer may have, thinking among them."""
    most = request.sampling.max_output
    return DEFAULT_MAX_TOKENS if most is None else most


def _adaptive(wanted: Reasoning, rules: Rules, dropped: list[str]) -> Said:
    effort = EFFORTS.get(wanted.effort, "")
    if wanted.budget is not None and wanted.budget > 0:
        dropped.append("thinking.budget_tokens")
        effort = effort or next((name for most, name in _BY_BUDGET if wanted.budget <= most), "high")
    thinking: dict[str, object] = {"type": "adaptive"}
    if not wanted.shown:
        thinking["display"] = "omitted"
    elif rules.hides:
        thinking["display"] = "summarized"
    return Said(thinking, effort, _budget(wanted))


def _budget(wanted: Reasoning) -> int:
    if wanted.budget is not None and wanted.budget > 0:
        return wanted.budget
    return BUDGETS.get(wanted.effort, BUDGETS["medium"])


def _unsigned(request: Request) -> bool:
    """The model's last turn calls tools without the signed thinking that led to them: it must begin with that.

    https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
    """
    last = next((turn for turn in reversed(request.turns) if turn.role == "assistant"), None)
    if last is None or not any(isinstance(part, ToolCall) for part in last.parts):
        return False
    return not any(isinstance(part, Thinking) and (part.signature or part.data) for part in last.parts)
