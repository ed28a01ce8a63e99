"""Descriptions of figures, asked of any server that speaks OpenAI's chat completions.

A description that was cut off is asked for again with more room, and is never kept.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asygrammar.train.cleaning import Unfit

_SYSTEM = (
    "You write what a teacher would ask for to get a figure. You are given the program that draws "
    "it, in the Asymptote language. Answer with one request of one to four sentences in plain "
    "English that names everything to be seen, with the numbers and letters of the figure. "
    "No code, no list, no word of the program."
)
# How many tokens an answer may have, at the first, the second and the last time of asking.
_ROOM = (300, 900, 2700)
# How long to wait before asking a busy server again, in seconds.
_PAUSES = (1.0, 4.0, 16.0)
_BUSY = (408, 429)


@dataclass(frozen=True)
class DescriptionServer:
    """A server that describes figures.

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

    def describe(self, program: str, tags: Sequence[str] = ()) -> str | Unfit:
        """Ask for a description of what a program draws.

        Args:
            program: The program.
            tags: Words that the program's source files it under.

        Returns:
            The description, or why none was good.

        Raises:
            ValueError: The server does not answer, or not with a chat completion.
        """
        about = f"Filed under: {', '.join(tags)}.\n\n" if tags else ""
        why = ""
        for room in _ROOM:
            answer = self._ask(f"{about}{program}", room)
            try:
                choice = answer["choices"][0]
                text, ending = choice["message"]["content"], choice.get("finish_reason")
            except (KeyError, IndexError, TypeError, AttributeError):
                raise ValueError(f"{self.url} answers with no chat completion") from None
            why = _flaw(text, ending)
            if not why:
                return str(text).strip()
        return Unfit("no description", f"the server's description {why}")

    def _ask(self, text: str, room: int) -> Any:
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": text},
            ],
            "max_tokens": room,
            "temperature": 0,
        }
        for pause in (*self.pauses, None):
            try:
                return self._post(body)
            except urllib.error.HTTPError as error:
                said = error.read(500).decode("utf-8", errors="replace")
                why = f"status {error.code}, {' '.join(said.split())}"
                if error.code < 500 and error.code not in _BUSY:
                    raise ValueError(f"{self.url} refuses: {why}") from None
            except (OSError, ValueError) as error:
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
            return json.load(answer)


def is_whole(text: str) -> bool:
    """Tell whether a description ends where a sentence does; a short one needs no full stop."""
    text = text.rstrip()
    return bool(text) and (len(text) <= 200 or text[-1] in ".!?)]}\"'`$*|”’")


def _flaw(text: Any, ending: Any) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if not isinstance(text, str) or not text.strip():
        return "is empty"
    if ending == "length" or (ending is None and not is_whole(text)):
        return "was cut off"
    return "is a program" if "```" in text or ");" in text else ""
