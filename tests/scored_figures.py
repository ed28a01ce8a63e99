"""Scores of real figures: what three arms wrote for four sentences, with pictures that were drawn.

The second sentence, and what is written for it, are hostile: they must stay text.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from asygrammar.compiler import compile
from asygrammar.eval.pictures import ssim
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import OK, Score
from asygrammar.figures import Figure, sample_figures

FAMILIES = ["circle", "right-triangle", "number-line", "clock"]
HOSTILE = '</script></pre><script>document.title="owned"</script><img src="http://x.invalid/">'
FREE, TYPED, COMPILED = "zebra free", "zebra typed", "zebra compiled"


def make_scores(folder: Path) -> list[Score]:
    """Draw the figures into a folder, and return the scores of 12 samples.

    ``FREE`` draws one figure as it was asked for and one that is another, and fails twice;
    ``TYPED`` fails once and draws the others as they were asked for; ``COMPILED`` does so with all.
    """
    figures = sample_figures(4, seed=4, families=FAMILIES)
    others = sample_figures(4, seed=5, families=FAMILIES)
    broken = f"// {HOSTILE}\nsize(3cm);\ndrow((0,0)--(1,1));\n"
    wrong = [figures[0].program, broken, others[2].program, "Sure, here it is:\n```\n"]
    verdicts = ["", f"failed: 3:1: no variable 'drow' {HOSTILE}", "", "failed: 1:5: syntax error"]
    scores = []
    for at, figure in enumerate(figures):
        written = {FREE: wrong[at], TYPED: figure.program, COMPILED: figure.program}
        if at == 1:
            written[TYPED] = broken
        for arm, program in written.items():
            failed = verdicts[at] if program == wrong[at] else ""
            scores.append(_score(folder, at, arm, figure, program, failed))
    return scores


def _score(folder: Path, at: int, arm: str, figure: Figure, program: str, failed: str) -> Score:
    prompt = f"{figure.sentence} {HOSTILE}" if at == 1 else figure.sentence
    sample = Sample(
        id=f"{at}/{arm}",
        problem=f"problem {at}",
        prompt=prompt,
        completion=program,
        reference=figure.program,
        arm=arm,
        level=arm.split()[1],
        model="zebra",
        split="values" if at < 2 else "phrasings",
        cost={"tokens": 100.0, "seconds": 0.5, "model_seconds": 0.4, "mask_seconds": 0.05},
    )
    reference = _draw(folder, figure.program)
    if failed:
        return Score(
            sample,
            failed,
            "name" if at == 1 else "syntax",
            same=False,
            contamination=("prose", "fence") if at == 3 else (),
            reference_picture=reference,
        )
    picture = _draw(folder, program)
    same = program == figure.program
    return Score(
        sample,
        OK,
        compiled=True,
        parsed=True,
        exact=same,
        similarity=1.0 if same else 0.9,
        same=same,
        ssim=ssim((folder / reference).read_bytes(), (folder / picture).read_bytes()).value,
        picture=picture,
        reference_picture=reference,
    )


def _draw(folder: Path, program: str) -> str:
    file = f"pictures/{hashlib.sha256(program.encode()).hexdigest()[:16]}.png"
    if not (folder / file).exists():
        (folder / file).parent.mkdir(exist_ok=True)
        result = compile(program, format="png")
        assert result.ok, result.log
        (folder / file).write_bytes(result.output)
    return file
