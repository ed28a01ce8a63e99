"""Checking template files: every fault of every file, with its line and what to do.

Besides what keeps a file from being read, these are faults: two families of one name, a held-out
sentence that shares words with a trained one, and what some draws of a family show (see
``asygrammar.template_programs``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from asygrammar.sayings import Saying
from asygrammar.template_files import try_shared, try_template
from asygrammar.template_programs import program_faults
from asygrammar.templates import Template, TemplateError

DRAWS = 20


def check_templates(
    paths: Sequence[Path] = (),
    *,
    draws: int = DRAWS,
    progress: Callable[[Sequence[Template]], Iterable[Template]] = iter,
) -> list[TemplateError]:
    """Find the faults of template files.

    Args:
        paths: Template files, and folders of them; none: the shipped ones. Shared forms and words
            are those of a file's own folder, or the shipped ones where it has none. The files'
            sentences are compared with those of the shipped families, too.
        draws: How many draws of each family to look at.
        progress: Goes through the families while their programs run.

    Returns:
        The faults, in the order of files and lines.

    Raises:
        ValueError: A path is no template file, or a folder without templates.
        OSError: A file cannot be read.
        CompilerMissing: ``asy`` is not installed.
    """
    files = _files(paths or [shipped_folder()])
    templates, faults = _read(files)
    faults += _same_names(files)
    faults += _shared_words(templates)
    for template in progress(templates):
        faults += program_faults(template, draws)
    order = {file: number for number, file in enumerate(files)}
    return sorted(faults, key=lambda fault: (order.get(fault.path, -1), fault.line))


def shipped_folder() -> Path:
    """Return the folder of the families that are shipped."""
    return Path(str(resources.files("asygrammar.grammars") / "templates"))


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that paths name, each once; a folder's shared ones first."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.asy")) if path.is_dir() else [path]
        if not found:
            raise ValueError(f"{path} holds no template (*.asy)")
        if path.suffix != ".asy" and not path.is_dir():
            raise ValueError(f"{path}: a template's name ends in .asy")
        files += found
    return list(dict.fromkeys(files))


def _read(files: Sequence[Path]) -> tuple[list[Template], list[TemplateError]]:
    templates: list[Template] = []
    faults: list[TemplateError] = []
    for folder in dict.fromkeys(file.parent for file in files):
        beside = sorted(folder.glob("_*.asy"))
        shared = try_shared(beside or sorted(shipped_folder().glob("_*.asy")))
        faults += shared.faults
        for file in files:
            if file.parent == folder and not _is_shared(file):
                template, found = try_template(file, shared)
                templates += [template] if template else []
                faults += found
    return templates, faults


def _is_shared(file: Path) -> bool:
    return file.name.startswith("_")


def _same_names(files: Sequence[Path]) -> Iterator[TemplateError]:
    """Yield a fault for each file whose family another one has; its name is the family's."""
    first: dict[str, Path] = {}
    for file in files:
        other = first.setdefault(file.stem, file)
        if other != file and not _is_shared(file):
            message = f"the family {file.stem!r} is in {other}, too: rename file and family of one"
            yield TemplateError(file, 1, message)


def _shared_words(templates: Sequence[Template]) -> Iterator[TemplateError]:
    """Yield a fault for each held-out sentence with four words in a row of a trained one.

    Where the held-out sentence is of a shipped family, the line of the trained one is named.
    """
    families = {template.family for template in templates}
    shipped, _ = _read(_files([shipped_folder()]))
    others = [template for template in shipped if template.family not in families]
    held_out = (one.runs(one.held_out) for one in (*others, *templates))
    wanted: frozenset[tuple[str, ...]] = frozenset().union(*held_out)
    trained: dict[tuple[str, ...], tuple[Template, Saying]] = {}
    for template in (*others, *templates):
        for saying in template.says:
            trained |= dict.fromkeys(template.runs((saying,), wanted), (template, saying))
    for template in (*templates, *others):
        for saying in template.held_out:
            for run in sorted(template.runs((saying,)) & trained.keys()):
                other, said = trained[run]
                words = f"share the words {' '.join(run)!r}: say one of them in another way"
                if template.family in families:
                    place = f"{other.path}:{said.line}"
                    message = f"this held-out sentence and the trained one at {place} {words}"
                    yield TemplateError(template.path, saying.line, message)
                    break
                if other.family in families:
                    place = f"{template.path}:{saying.line}"
                    message = f"this sentence and the held-out one at {place} {words}"
                    yield TemplateError(other.path, said.line, message)
                    break
