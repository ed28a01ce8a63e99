"""Descriptions of figures, asked of any server that speaks OpenAI's chat completions.

A description that was cut off is asked for again with more room, and is never kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from asygrammar.eval.remote_model import ChatServer
from asygrammar.train.cleaning import Unfit

_SYSTEM = (
    "You write what a teacher would ask for to get a figure. You are given the program that draws "
    "it, in the Asymptote language. Answer with one request of one to four sentences in plain "
    "English that names everything to be seen, with the numbers and letters of the figure. "
    "No code, no list, no word of the program."
)
# How many tokens an answer may have, at the first, the second and the last time of asking.
_ROOM = (300, 900, 2700)


class DescriptionServer(ChatServer):
    """A server that describes figures."""

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
            messages = [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": f"{about}{program}"},
            ]
            answer = self.ask(messages, max_tokens=room)
            why = _flaw(answer.text, answer.ending)
            if not why:
                return answer.text.strip()
        return Unfit("no description", f"the server's description {why}")


def is_whole(text: str) -> bool:
    """Tell whether a description ends where a sentence does; a short one needs no full stop."""
    text = text.rstrip()
    return bool(text) and (len(text) <= 200 or text[-1] in ".!?)]}\"'`$*|”’")


def _flaw(text: str, ending: str | None) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if not text.strip():
        return "is empty"
    if ending == "length" or (ending is None and not is_whole(text)):
        return "was cut off"
    return "is a program" if "```" in text or ");" in text else ""
