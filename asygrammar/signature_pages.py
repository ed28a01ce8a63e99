"""What a module offers, as a page to read: its prototypes under their headings."""

from __future__ import annotations

from asygrammar.signature_files import SignatureFile
from asygrammar.signatures import PLAIN, load_signatures, module_text, read_module
from asygrammar.types import Function


def describe_module(module: str) -> str:
    """Return a page about a module: how to get it, how much it has, and each prototype.

    Args:
        module: The name of a module that has signatures.

    Raises:
        SignatureFault: It has none, or its file has a fault.
    """
    load_signatures((module,) if module != PLAIN else ())
    file = read_module(module)
    titles = {line: title for title, line in file.sections}
    summary = titles.pop(1, module)
    page = [f"{module}: {summary}", _how_to_get(module, file), _how_much(file)]
    for number, line in enumerate(module_text(module).splitlines(), 1):
        if number in titles:
            page += [titles[number], "-" * len(titles[number])]
        elif number > 1 and not line.startswith("import "):
            page.append(f"  {line}".rstrip())
    return "\n".join([*page, ""])


def _how_to_get(module: str, file: SignatureFile) -> str:
    if module == PLAIN:
        return "Every program has it."
    brought = ", ".join(name for name, _ in file.imports)
    return f"import {module};" + (f"  brings in {brought}, too" if brought else "")


def _how_much(file: SignatureFile) -> str:
    functions = sum(isinstance(found.type, Function) for found in file.declarations)
    counts = {
        "types": len(file.structures) + len(file.aliases),
        "variables": len(file.declarations) - functions,
        "functions and operators": functions,
    }
    return ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
