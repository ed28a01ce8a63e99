r"""The text of a label: TeX that always typesets, and no command that reads, writes or loops.

A text is ordinary characters, ``{groups}`` and ``$mathematics$``. In mathematics every brace has
its partner, a script has something to stand on, no symbol has two superscripts, and the commands
are those of the tables below, each with its arguments. Because a command's name ends where the
letters end, a rule knows whether what is before it ends in a name (``..._c``, for command).

Which commands there are depends on the packages: ``\text`` and ``\dfrac`` come with amsmath.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asygrammar.typed.rules import Rules, quoted

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " pi varpi rho varrho sigma tau upsilon phi varphi chi psi omega"
    " Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_SYMBOLS = (
    "circ cdot cdots ldots dots vdots ddots times div pm mp ast star bullet le leq ge geq ne neq"
    " approx equiv cong sim simeq propto parallel perp mid angle triangle infty partial nabla"
    " sum prod int to rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow"
    " longrightarrow mapsto uparrow downarrow in notin ni subset subseteq supset supseteq cup cap"
    " emptyset setminus forall exists neg land lor ell hbar prime diamond clubsuit"
    " diamondsuit heartsuit spadesuit flat natural sharp backslash quad qquad lfloor rfloor lceil"
    " rceil langle rangle ll gg displaystyle textstyle scriptstyle"
    " bf rm it sf tt"
)
_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim min max gcd det dim"
    " deg arg sup inf ker"
)
_OF_ONE = (
    "sqrt overline underline vec hat bar dot ddot tilde widehat widetilde overrightarrow"
    " overleftarrow overbrace underbrace mathrm mathbf mathit mathsf mathcal"
)
_OF_TWO = "frac"
#: LaTeX packages whose commands labels may use, with the commands.
PACKAGES: dict[str, dict[str, str]] = {
    "amsmath": {
        "one": "operatorname",
        "two": "dfrac tfrac cfrac binom dbinom tbinom",
        "text": "text",
    },
    "amssymb": {
        "symbols": "measuredangle square blacksquare blacktriangle therefore because nmid ncong"
        " varnothing checkmark triangleq lozenge bigstar",
        "one": "mathbb",
    },
}
_TEXT_SYMBOLS = "quad qquad ldots dots textdegree S P copyright pounds textbullet LaTeX"
_TEXT_SIZES = (
    "tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge bf it rm sf tt"
)
_TEXT_STYLES = "textbf textit textrm textsf texttt textsc textnormal emph underline text mbox"
_AS_SCRIPTS = "circ prime ast infty"


def add_label_rules(rules: Rules, packages: Collection[str] = ()) -> str:
    """Add the rules of a quoted label and return the name of the rule for it.

    Args:
        rules: Where to.
        packages: LaTeX packages that are loaded, of those in :data:`PACKAGES`.
    """
    commands = _commands(packages)
    rules.terminals |= {
        "TEXTCHARS": r"/[A-Za-z0-9 .,;:!?'`()\[\]<>=+*\/|@-]+/",
        "TEXTCHAR": r"/[0-9 .,;:!?'`()\[\]<>=+*\/|@-]/",
        "MATHLETTERS": "/[A-Za-z]+/",
        "MATHCHARS": r"/[0-9 .,;:!?()\[\]<>=+*\/|-]+/",
        "MATHCHAR": "/[A-Za-z0-9]/",
        "DIGIT": "/[0-9]/",
        "DELIMITER": r"/[()\[\]|.]/",
        "ESCAPED": r"/\\[%$&#]/",
        "TEXTSPACE": r"/\\[, ]/",
        "MATHSPACE": r"/\\[,;:! ]/",
        "SYMBOL": _command_pattern(commands["symbols"]),
        "LETTER": _command_pattern(_AS_SCRIPTS.split() + _GREEK.split()),
        "OFONE": _command_pattern(commands["one"]),
        "OFTWO": _command_pattern(commands["two"]),
        "INTEXT": _command_pattern(commands["text"]),
        "TEXTSYMBOL": _command_pattern(f"{_TEXT_SYMBOLS} {_TEXT_SIZES}".split()),
        "TEXTSTYLE": _command_pattern(commands["styles"]),
    }
    for name, alternatives in _RULES.items():
        rules.add(name, *(tuple(_symbols(text)) for text in alternatives.split("|")))
    if "amsmath" in packages:
        for kind in ("pmatrix", "bmatrix", "vmatrix"):
            begin, end = quoted(f"\\begin{{{kind}}}"), quoted(f"\\end{{{kind}}}")
            rules.add("base", (begin, "cells", end))
        rules.add("cells", ("math",), ("math_c",))
        for mark in ("&", "\\\\"):
            for cell in ("math", "math_c"):
                rules.add("cells", ("cells", quoted(mark), cell))
    return "label"


# In each pair of rules the second ends in a command's name, after which no letter may come.
_RULES = {
    "label": """ " " | " tex " | " tex_c " """,
    "tex": "t | t_l | tex t | tex t_l | tex_c t | tex_c TEXTCHAR",
    "tex_c": "TEXTSYMBOL | tex TEXTSYMBOL | tex_c TEXTSYMBOL",
    "t": "$ math $ | $ math_c $ | \\( math \\) | \\( math_c \\) "
    " | TEXTSTYLE { tex } | { tex } | { tex_c } | ESCAPED | TEXTSPACE",
    "t_l": "TEXTCHARS",
    "math": "m | m_l | script | math m | math_c m | math m_l",
    "math_c": "m_c | m_lc | script_c | math m_c | math_c m_c | math m_lc",
    # One item of mathematics with its scripts: m_l begins with a letter.
    "m": "base | base script | SYMBOL script | MATHSPACE | ESCAPED",
    "m_c": "SYMBOL | base script_c | SYMBOL script_c",
    "m_l": "MATHLETTERS | MATHLETTERS script",
    "m_lc": "MATHLETTERS script_c",
    "base": "MATHCHARS | group | OFONE part | OFTWO part part | INTEXT { tex } | root part"
    " | fenced",
    "root": "\\sqrt[ MATHCHAR ]",
    "part": "group | DIGIT",
    "group": "{ math } | { math_c }",
    "fenced": "\\left DELIMITER math \\right DELIMITER | \\left DELIMITER math_c \\right DELIMITER",
    # A superscript and a subscript at most, in either order; primes count as a superscript.
    "script": "_ arg | ^ arg | _ arg ^ arg | _ LETTER ^ arg | ^ arg _ arg | ^ LETTER _ arg"
    " | primes | primes _ arg | _ arg primes | _ LETTER primes",
    "script_c": "_ LETTER | ^ LETTER | _ arg ^ LETTER | _ LETTER ^ LETTER | ^ arg _ LETTER"
    " | ^ LETTER _ LETTER | primes _ LETTER",
    "arg": "MATHCHAR | group",
    "primes": "' | ''",
}


def _symbols(alternative: str) -> Iterator[str]:
    """Yield the symbols of an alternative: rules, terminals, and anything else quoted."""
    for word in alternative.split():
        yield word if word.isupper() or word in _RULES else quoted(word)


def _command_pattern(names: Collection[str]) -> str:
    return r"/\\(" + "|".join(sorted(names)) + ")/"


def _commands(packages: Collection[str]) -> dict[str, list[str]]:
    """Return the commands that there are with some packages, by how they are used."""
    return {
        kind: sorted(set(_of_kind(kind, packages)))
        for kind in ("symbols", "one", "two", "text", "styles")
    }


def _of_kind(kind: str, packages: Collection[str]) -> Iterator[str]:
    known = {
        "symbols": f"{_GREEK} {_SYMBOLS} {_FUNCTIONS}",
        "one": _OF_ONE,
        "two": _OF_TWO,
        "text": "mbox textbf textit textrm textsf texttt textnormal",
        "styles": _TEXT_STYLES,
    }
    missing = set() if "amsmath" in packages else {"text"}
    yield from (word for word in known[kind].split() if word not in missing)
    for package in packages:
        yield from PACKAGES[package].get(kind, "").split()
