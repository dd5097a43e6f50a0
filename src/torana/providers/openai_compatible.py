"""Every host that speaks OpenAI's protocol: joins the address, the key and the body, and reads what comes back.

It does not retry, choose or meter; hosts differ by Settings alone, most of them from a row of ``catalogue.toml``.
Found by its file name, opened by ``wiring``, used by the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Annotated, NamedTuple

import msgspec

from torana.core.call import Chunk, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import embeddings, json_text, openai_chat
from torana.upstream.answers import StreamedAnswer, WholeAnswer, not_a_stream, status_fault
from torana.upstream.reach import Credential, Rotation, Timeouts
from torana.upstream.seam import Incoming, Outgoing, Upstream
