"""Real figures against the signatures: which names they use that no file has."""

from collections import Counter

import pytest

from asygrammar import add_imports, load_grammar
from asygrammar.free_names import find_free_names
from asygrammar.parser import AsySyntaxError
from asygrammar.signatures import load_signatures, signature_modules


def imported(program):
    names = set()
    for node in program.walk():
        if node.kind in ("import", "from"):
            names.add(next(word.text for word in node.words() if word.kind == "NAME"))
    return names


def test_names_of_real_figures_have_signatures(corpus):
    figures = complete = 0
    missing = Counter()
    for source in list(corpus.values())[::5]:
        try:
            program = load_grammar().parse(add_imports(source))
        except AsySyntaxError:
            continue
        modules = imported(program)
        library = load_signatures(sorted(modules & set(signature_modules())))
        known = {*library.variables, *library.functions, *library.types, *modules}
        unknown = {use.name for use in find_free_names(program, {})} - known
        figures, complete = figures + 1, complete + (not unknown)
        missing.update(unknown)
    if not figures:
        pytest.skip("no figure parses")
    assert complete / figures > 0.98, missing.most_common(10)
