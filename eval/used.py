"""Which signatures a program uses, of the modules that it sees."""

from __future__ import annotations

import re
from collections.abc import Iterable

from asygrammar.eval.usages import Signature, all_signatures
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError
from asygrammar.signatures import PLAIN, read_module, signature_modules
from asygrammar.typecheck import check_program

_IMPORT = re.compile(r"^ *import (\w+);$", re.MULTILINE)


def imported(program: str) -> list[str]:
    """Return the modules that a program imports, in its order."""
    return [name for name in _IMPORT.findall(program) if name in signature_modules()]


def visible(modules: Iterable[str]) -> list[str]:
    """Return modules with those that they import, each before what imports it."""
    found: dict[str, None] = {}
    for module in modules:
        found |= dict.fromkeys(visible(name for name, _ in read_module(module).imports))
        found[module] = None
    return list(found)


def used_signatures(program: str) -> frozenset[Signature]:
    """Return the signatures that the calls and operators of a program mean."""
    try:
        calls = check_program(load_grammar().parse(program)).calls
    except AsySyntaxError:
        return frozenset()
    seen = {*visible(imported(program)), PLAIN}
    known = {(s.name, s.function): s for s in all_signatures() if s.module in seen}
    return frozenset(known[call] for call in calls if call in known)
