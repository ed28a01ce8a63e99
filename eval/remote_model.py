"""Models behind any server that speaks OpenAI's chat completions. Knows nothing of figures."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How long to wait before asking a busy server again, in seconds.
_PAUSES = (1.0, 4.0, 16.0)
_BUSY = (408, 429)
# Statuses with which a server says that it is this question that it will not take.
_UNFIT = (400, 413, 422)
# The longest answer that is read, in bytes.
_LONGEST = 1 << 18


class RefusedError(ValueError):
    """The server takes no such question: another one may be answered."""


@dataclass(frozen=True)
class Answer:
    """What a server answers.

    Attributes:
        text: The message.
        ending: Why it ended: ``"stop"``, ``"length"``, ...; ``None`` where the server does not say.
        tokens: How many tokens it has, or ``None`` likewise.
        seconds: Wall-clock time, that of asking again included.
    """

    text: str
    ending: str | None
    tokens: int | None
    seconds: float


@dataclass(frozen=True)
class ChatServer:
    """A server, and which of its models to ask.

    Attributes:
        url: Its address, up to ``/v1``.
        model: The model to ask.
        key: What it wants to be sent as a bearer token; may be empty.
        timeout: How long an answer may take, in seconds.
        pauses: How long to wait before each time of asking a busy server again, in seconds.

    Raises:
        ValueError: The address is none of http or https.
    """

    url: str
    model: str = "default"
    key: str = ""
    timeout: float = 120.0
    pauses: tuple[float, ...] = _PAUSES

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"a server's address begins with http:// or https://: {self.url!r}")

    def ask(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> Answer:
        """Ask for the next message of a chat.

        Args:
            messages: Each with ``role`` and ``content``.
            max_tokens: The most tokens that the answer may have.
            temperature: 0 takes the likeliest token, where the server does.
            seed: Of what is drawn, for servers that know it.

        Raises:
            RefusedError: The server refuses this question, or answers it at too great a length.
            ValueError: It does not answer, refuses all, or answers with no chat completion.
        """
        body = {
            "model": self.model,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": temperature,
            **({} if seed is None else {"seed": seed}),
        }
        began = time.perf_counter()
        return self._read(self._insist(body), began)

    def _read(self, answer: Any, began: float) -> Answer:
        try:
            choice = answer["choices"][0]
            text, ending = choice["message"]["content"], choice.get("finish_reason")
            tokens = (answer.get("usage") or {}).get("completion_tokens")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise ValueError(f"{self.url} answers with no chat completion") from None
        return Answer(
            text if isinstance(text, str) else "",
            ending if isinstance(ending, str) else None,
            tokens if isinstance(tokens, int) else None,
            time.perf_counter() - began,
        )

    def _insist(self, body: dict[str, Any]) -> Any:
        """Ask a busy server again."""
        why = ""
        for pause in (*self.pauses, None):
            try:
                return self._post(body)
            except urllib.error.HTTPError as error:
                said = error.read(500).decode("utf-8", errors="replace")
                why = f"status {error.code}, {' '.join(said.split())}"
                if error.code < 500 and error.code not in _BUSY:
                    kind = RefusedError if error.code in _UNFIT else ValueError
                    raise kind(f"{self.url} refuses: {why}") from None
            except RefusedError:
                raise
            except (OSError, ValueError, http.client.HTTPException) as error:
                why = str(error)
            if pause is not None:
                time.sleep(pause)
        raise ValueError(f"{self.url} does not answer ({why}): run it again to go on")

    def _post(self, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = f"{self.url.rstrip('/')}/chat/completions"
        data = json.dumps(body).encode("utf-8")
        request = urllib.request.Request(address, data, headers)
        with urllib.request.urlopen(request, timeout=self.timeout) as answer:
            text = answer.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise RefusedError(f"{self.url} answers with more than {_LONGEST >> 10} kB")
        return json.loads(text)


def key_from(variable: str | None) -> str:
    """Return the key that an environment variable holds; empty where none is named.

    Raises:
        ValueError: There is no such variable.
    """
    if variable is None:
        return ""
    if variable not in os.environ:
        raise ValueError(f"there is no environment variable {variable}: it should hold the key")
    return os.environ[variable]
