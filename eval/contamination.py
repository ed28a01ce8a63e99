"""What a text has in it that is no program: the prompt, prose, code fences; and the text without.

Free decoding gives programs with something around them. Knows texts; runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError

#: What a text may be contaminated with.
CONTAMINATIONS = ("prompt", "prose", "fence")

# So many words in a row are a long part of a prompt; of a prompt of fewer words, all of them.
_LONG = 8
# A prompt of fewer words cannot be told from words that a program has by itself.
_FEWEST = 3

_FENCE = re.compile(
    r"""
    (?: ``` | (?m:^[ \t]*~~~) ) (?P<language> [ ]?[A-Za-z][\w+-]* (?=\s|$) )?
  | \\(?: begin | end ) [ ]* \{ asy \w* \}
  | (?<! [\w\]] ) \[ /? asy \]
    """,
    re.VERBOSE,
)

# Comments and strings, in which anything may stand. A string may run over line ends, but not over
# an empty line: then it is a quote too many.
_QUIET = re.compile(
    r"""
    //[^\n]* | /\*.*?(?:\*/|\Z)
  | "(?:\\.|(?!\n\s*\n)[^"\\])*(?:"|(?=\n\s*\n)|\Z)
  | (?<!\w)'(?:\\.|[^'\\\n])*'
    """,
    re.VERBOSE | re.DOTALL,
)
# What of them is sure to be one in a text that may be prose: a comment on a line of its own or
# behind a statement, a string that is an argument or is given to a name.
_SURELY_QUIET = re.compile(
    r"""(?: ^ | (?<=[;{}]) ) [ \t]* //[^\n]* | (?<=[(,=+]) [ ]* "[^"\n]*" """,
    re.VERBOSE | re.MULTILINE,
)
# Words of the language that may stand beside one another: three others in a row are prose.
_KEYWORDS = (
    "access|as|bool|break|continue|cycle|do|else|explicit|for|from|guide|if|import|include|int"
    "|new|operator|pair|path|pen|picture|private|public|real|restricted|return|static|string"
    "|struct|transform|triple|typedef|unravel|void|while"
)
_WORD = rf"(?!(?:{_KEYWORDS})\b)[^\W\d_]+(?:['’-][^\W\d_]+)*"
_PROSE = re.compile(
    rf"""
    (?<![\w(]) {_WORD} (?: [ \t]+ {_WORD} ){{3}} (?!\w)                # Here is the code
  | (?: ^ | [.,:!] ) [ \t]* {_WORD} (?: [ \t]+ {_WORD} ){{2}} (?!\w) (?! [ \t]* [=;(\[] )
  | ^[ \t]* (?: \#+ | [*]{{2}} | \d+[.)][ \t]+(?=[*A-Z]) )             # a heading, a point
  | ^[ \t]* {_WORD} (?: [ ,]+ {_WORD} )* [ \t]* [.:!] [ \t]*$          # Explanation:
  | <\|\w+\|> | </\w+> | <(?:code|pre|s)>                              # <|assistant|>, </code>
  | [^\W\d_a-zA-Z]{{2}}                                                # letters of no name
  | \\ (?: [(\[] | (?:begin|end|section|item|text|documentclass|usepackage)\b )
    """,
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True)
class Cleaning:
    """A text as it was written, and what is left where something is cut.

    Attributes:
        written: As it was written.
        prompt_cut: Without the prompt and the system text.
        fence_cut: What stands between code fences in that, or all of it where there are none.
    """

    written: str
    prompt_cut: str
    fence_cut: str


def contamination(completion: str, prompt: str = "", system: str = "") -> tuple[str, ...]:
    """Return what a text has in it that is no program, of :data:`CONTAMINATIONS`.

    - ``prompt``: the prompt or the system text stands in it, whatever the white space; or eight
      words in a row of them, more than half of which are plain words (not code). In comments and
      labels they may stand. A prompt of one or two words is not looked for.
    - ``prose``: it has a syntax error, and outside of comments, strings, fences and the prompt
      there is what no program has: four plain words in a row (where a line or a phrase begins,
      three), words and a full stop or colon alone on a line, a heading, a point of a list, marks
      of a chat, TeX.
    - ``fence``: a Markdown fence, or what stands for one in TeX and forums (``[asy]``).

    Args:
        completion: What was written.
        prompt: What it was written for.
        system: What stood before that.
    """
    kinds = {
        "prompt": bool(_echoes(completion, (prompt, system))),
        "prose": bool(_prose_in(_without(_echoes(completion, (prompt, system)), completion))),
        "fence": _FENCE.search(completion) is not None,
    }
    return tuple(kind for kind in CONTAMINATIONS if kinds[kind])


def cleaned(completion: str, prompt: str = "", system: str = "") -> Cleaning:
    """Cut the prompt from a text, and then the code fence.

    What stands in front of a prompt goes with it, unless that is a program: then what follows the
    prompt goes. A fence is cut likewise: what follows the first one counts, up to the next, unless
    a program stands in front of it.

    Args:
        completion: What was written.
        prompt: What it was written for.
        system: What stood before that.
    """
    prompt_cut = _without_echoes(completion, (prompt, system))
    return Cleaning(completion, prompt_cut, _within_fence(prompt_cut))


def without_prose(text: str) -> str:
    """Return a text without the lines that are prose; one that parses as it is."""
    starts = {text.rfind("\n", 0, start) + 1 for start in _prose_in(text)}
    lines, at = [], 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        lines += [] if at in starts else [line]
        at += len(line)
    return "".join(lines)


def _prose_in(text: str) -> list[int]:
    """Return where there is prose in a text; nowhere in one that parses."""
    starts = [found.start() for found in _PROSE.finditer(_quiet(text))]
    return [] if not starts or _parses(text) else starts


def _parses(text: str) -> bool:
    try:
        load_grammar().parse(text)
    except AsySyntaxError:
        return False
    return True


def _without_echoes(text: str, prompts: Sequence[str]) -> str:
    begin = 0
    for start, end in _echoes(text, prompts):
        if _ends_statements(text[begin:start]):
            return text[begin:start]
        begin = end
    return text[begin:]


def _within_fence(text: str) -> str:
    first = _FENCE.search(text)
    if first is None:
        return text
    if _ends_statements(text[: first.start()]):
        return text[: first.start()]
    following = _FENCE.search(text, first.end())
    return text[first.end() : following.start() if following else None]


def _ends_statements(text: str) -> bool:
    """Whether a statement or a block ends a line of a text."""
    return re.search(r"[;}][ \t]*(//.*)?$", text, re.MULTILINE) is not None


def _quiet(text: str) -> str:
    """Return a text with its comments, strings and fences overwritten, every place kept."""
    for pattern in (_QUIET, _FENCE):
        text = pattern.sub(_overwritten, text)
    return text


def _without(echoes: Sequence[tuple[int, int]], text: str) -> str:
    """Return a text without some stretches of it."""
    pieces, done = [], 0
    for start, end in echoes:
        pieces += [text[done:start], "\n"]
        done = end
    return "".join([*pieces, text[done:]])


def _overwritten(found: re.Match[str]) -> str:
    # By something that is no word and ends no line as a sentence does.
    return re.sub(r"[^\n]", ";", found[0])


def _echoes(text: str, prompts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the stretches of a text that are of some prompts, in their order, none touching."""
    found = _echoes_in(_SURELY_QUIET.sub(_overwritten, text), prompts)
    # In a text that parses, it is known what is a string.
    return _echoes_in(_QUIET.sub(_overwritten, text), prompts) if found and _parses(text) else found


def _echoes_in(text: str, prompts: Sequence[str]) -> list[tuple[int, int]]:
    found = sorted(stretch for prompt in prompts for stretch in _echoes_of(text, prompt))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and not re.search(r"\w", text[merged[-1][1] : start]):
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _echoes_of(text: str, prompt: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that are a prompt or a long part of it."""
    pieces = prompt.split()
    if len(pieces) < _FEWEST:
        return
    whole = r"\s+".join(map(re.escape, pieces))
    yield from (found.span() for found in re.finditer(whole, text))
    asked = [bare for piece in pieces if (bare := _bare(piece))]
    parts = {tuple(asked[at : at + _LONG]) for at in range(len(asked) - _LONG + 1)}
    parts = {part for part in parts if sum(map(_is_plain, part)) > _LONG // 2}
    words = [(found, bare) for found in re.finditer(r"\S+", text) if (bare := _bare(found[0]))]
    for at in range(len(words) - _LONG + 1):
        window = words[at : at + _LONG]
        if tuple(bare for _, bare in window) in parts:
            yield window[0][0].start(), window[-1][0].end()


def _bare(piece: str) -> str:
    """Return what stands between white space without the marks around it."""
    return re.sub(r"^\W+|\W+$", "", piece)


def _is_plain(word: str) -> bool:
    return len(word) > 1 and word.replace("-", "").replace("'", "").isalpha()
