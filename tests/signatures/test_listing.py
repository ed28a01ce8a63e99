"""Every prototype is what the compiler itself lists, so that no table can drift."""

from importlib import resources

import pytest

from asygrammar.built_in_types import ARRAY_FIELDS, FIELDS
from asygrammar.compiler import asy_available
from asygrammar.compiler.listing import read_entry, read_field_types, read_listing, run_asy
from asygrammar.signature_files import Declaration, read_signatures
from asygrammar.signatures import PLAIN, load_signatures, read_module, signature_modules
from asygrammar.types import ELEMENT, Array, Function, Named, with_element

pytestmark = pytest.mark.skipif(not asy_available(), reason="asy is not installed")

MODULES = (PLAIN, *signature_modules())
SHIPPED = str(resources.files("asygrammar.grammars") / "modules")
CASTS = ("operator cast", "operator ecast")


@pytest.fixture(scope="module")
def listed():
    """Return all that the compiler lists where a module is imported."""
    built_in = read_listing()
    found = {PLAIN: built_in}

    def entries(module):
        if module not in found:
            own = read_listing(module, folder=SHIPPED)
            reached = read_listing(module, folder=SHIPPED, imports=True)
            found[module] = [*built_in, *reached, *own]
        return found[module]

    return entries


def library(module):
    return load_signatures(() if module == PLAIN else (module,))


def shape(declared, known):
    """Return all of a declaration that a caller can tell: typedefs written out, names kept."""
    if not isinstance(declared.type, Function):
        return declared.name, known.expand(declared.type)
    parameters = tuple(
        (known.expand(p.type), p.name, p.has_default, p.explicit, p.rest)
        for p in declared.type.parameters
    )
    return declared.name, known.expand(declared.type.result), parameters


def shapes(entries, known):
    for entry in entries:
        yield shape(entry, known)
        if isinstance(entry.type, Function):  # a variable whose type is a function's
            yield entry.name, known.expand(entry.type)


@pytest.mark.parametrize("module", MODULES)
def test_each_prototype_is_listed(module, listed):
    known = library(module)
    real = set(shapes(listed(module), known))
    drifted = [
        f"{module}.asy:{found.line}: {found}; asy has "
        + " and ".join(str(e) for e in listed(module) if e.name == found.name)
        for found in read_module(module).declarations
        if shape(found, known) not in real
    ]
    assert not drifted, "\n".join(drifted)


@pytest.mark.parametrize("module", MODULES)
def test_each_name_is_visible_with_its_type(module):
    """A live asy assigns it to a variable of that type; private names and others it refuses."""
    file, lines = read_module(module), [f"import {module};" if module != PLAIN else ""]
    for found in file.declarations:
        if found.name in CASTS:
            continue
        lines.append(f"{{{_variable(found)}={found.name};}}")
    # Some built-in operators it finds, and cannot make a value of.
    said = run_asy(said="\n".join([*lines, ""]), folder=SHIPPED).splitlines()
    refused = [line for line in said if line and not line.endswith("invalid use of access")]
    assert not refused, "\n".join(refused)


def _variable(found):
    """Return the declaration of a variable that the declared name can be assigned to."""
    text = str(Declaration("seen__", found.type)).replace(" = default", "")
    return text if isinstance(found.type, Function) else f"{found.type} seen__"


@pytest.mark.parametrize("module", MODULES)
def test_no_implicit_cast_is_missing(module, listed):
    """Between the types of the subset there are all casts that asy has, and no others."""
    known = library(module)
    own = {str(entry) for entry in read_listing("" if module == PLAIN else module, folder=SHIPPED)}
    for entry in listed(module):
        if entry.name != "operator cast" or str(entry) not in own:
            continue
        (parameter,) = entry.type.parameters
        source, target = known.expand(parameter.type), known.expand(entry.type.result)
        if not _is_of_subset(source, known) or not _is_of_subset(target, known):
            continue
        casts = {known.expand(a): {known.expand(b) for b in bs} for a, bs in known.casts.items()}
        assert target in casts.get(source, ()), str(entry)


def _is_of_subset(declared, known):
    while isinstance(declared, Array):
        declared = declared.element
    return (
        isinstance(declared, Named)
        and declared.name in known.types
        # Reading files is no part of the subset.
        and declared.name not in ("file", "flatguide3")
    )


@pytest.mark.parametrize("module", MODULES)
def test_no_prototype_stands_twice(module):
    known = library(module)
    file = read_module(module)
    found = [shape(d, known) for d in file.declarations]
    assert not [d for d, s in zip(file.declarations, found, strict=True) if found.count(s) > 1]


@pytest.mark.parametrize("module", MODULES)
def test_typedefs_are_the_compilers(module):
    lines = [f"import {module};" if module != PLAIN else ""]
    for alias in read_module(module).aliases:
        written = str(Declaration("theirs__", alias.type)).replace(" = default", "")
        # Both ways, or one could be a cast.
        lines.append(f"{{typedef {written}; theirs__ a__; {alias.name} b__=a__;}}")
        lines.append(f"{{typedef {written}; {alias.name} a__; theirs__ b__=a__;}}")
    said = run_asy(said="\n".join([*lines, ""]), folder=SHIPPED)
    assert not said.strip(), said


@pytest.mark.parametrize("module", MODULES)
def test_fields_are_the_compilers(module):
    known = library(module)
    for name, fields in read_module(module).structures:
        _check_fields(name, fields, known, "" if module == PLAIN else module)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_of_built_in_types(name):
    _check_fields(name, read_signatures(FIELDS[name], "").declarations, load_signatures(), "")


@pytest.mark.parametrize("element", ["real", "pair[]", "Label"])
def test_fields_of_arrays(element):
    listed_element = read_entry(f"{element} x;").type
    fields = [
        Declaration(field.name, with_element(field.type, listed_element))
        for field in read_signatures(ARRAY_FIELDS, "").declarations
    ]
    _check_fields(f"{element}[]", fields, load_signatures(), "")
    assert ELEMENT not in [f.type for f in fields]


def _check_fields(owner, fields, known, module):
    names = sorted({field.name for field in fields})
    real = read_field_types(owner, names, module=module, folder=SHIPPED)
    assert sorted(real) == names
    overloaded = []
    for field in fields:
        declared = real[field.name]
        if declared is None:
            overloaded.append(field)
        else:
            theirs = Declaration(field.name, declared)
            if not isinstance(field.type, Function):
                assert known.expand(field.type) == known.expand(declared), str(theirs)
            else:
                assert _without_rest_name(shape(field, known)) == _without_rest_name(
                    shape(theirs, known)
                ), f"{owner}: {theirs}"
    lines = [f"import {module};" if module else ""]
    lines += [f"{{{owner} x__; {_variable(f)}=x__.{f.name};}}" for f in overloaded]
    said = run_asy(said="\n".join([*lines, ""]), folder=SHIPPED)
    assert not said.strip(), said


def _without_rest_name(shaped):
    """The compiler gives the rest parameters of built-in methods no name."""
    name, result, parameters = shaped
    return name, result, tuple(p if not p[4] else (p[0], "", *p[2:]) for p in parameters)
