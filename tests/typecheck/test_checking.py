"""``check`` as a whole: its order, its data, its limits and its speed."""

from __future__ import annotations

import json
import time

import pytest

from asygrammar import check
from asygrammar.checking import apply_fix, syntax_faults
from asygrammar.diagnostics import Fix, Span

FIGURE = """import graph;
size(6cm);
real f(real x) { return x^2-1; }
pair A = (0,0), B = (3,1), C = (1,2);
pen thin = linewidth(0.5), bold = linewidth(1.2)+blue;
draw(graph(f, -2, 2, operator ..), bold);
xaxis("$x$", -2.5, 2.5, Ticks(Step=1, NoZero), Arrow);
yaxis("$y$", -2, 4, Ticks(Step=1, NoZero), Arrow);
draw(A--B--C--cycle, thin);
draw(arc(A, 0.4, degrees(B-A), degrees(C-A)), red);
pair[] points = {A, B, C};
string[] names = {"A", "B", "C"};
for (int i = 0; i < points.length; ++i) {
  dot(points[i]);
  label("$"+names[i]+"$", points[i], unit(points[i]-(1,1)), fontsize(9));
}
pair M = midpoint(B--C), F = intersectionpoint(A--M, B--(A+C)/2);
draw(A--M, dashed+gray(0.4));
draw(B--(A+C)/2, dashed+gray(0.4));
dot("$G$", F, SE, red);
draw(circle(F, abs(F-A)/2), dotted);
label(format("$%.2f$", abs(B-C)), M, NE);
fill(shift(4,0)*scale(0.5)*unitsquare, lightgray);
draw(shift(4,0)*(A--B..controls (1,2) and (2,3) ..C), EndArrow(6));
label(rotate(30)*scale(0.8)*"slope", (A+B)/2, N, blue);
"""


def test_a_figure_of_one_kilobyte_takes_well_under_50_ms():
    assert len(FIGURE) > 900
    assert check(FIGURE) == []

    def seconds() -> float:
        began = time.perf_counter()
        check(FIGURE)
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.05


def test_faults_stand_in_source_order_and_are_ready_for_json():
    source = 'pair A = "a";\nint f() { label(B, A); }\nlabl("x", A);\n'
    faults = check(source)
    assert [type(fault).__name__ for fault in faults] == [
        "CannotCast",
        "MissingReturn",
        "UndeclaredName",
        "UndeclaredFunction",
    ]
    told = json.loads(json.dumps([fault.to_dict() for fault in faults]))
    assert told[3]["fix"] == {
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 5,
        "text": "label",
    }
    assert told[0]["fix"] is None


def test_a_fault_of_syntax_is_told_alone():
    (fault,) = check("pair A = B;\ndraw(A;\n")
    assert type(fault).__name__ == "Unclosed"
    assert syntax_faults("pair A = B;") == []
    assert len(syntax_faults("draw(A;")) == 1


def test_what_the_subset_has_no_signatures_for_is_left_alone():
    assert check('import flowchart;\nblock b = rectangle("x", (0,0));\nadd(new void(){});\n') != []
    assert check('import flowchart;\nblock b = rectangle("x", (0,0));\ndraw(b);\n') == []
    assert check("import slide;\ntitle(nosuch);\nwhatever x = 3;\n") == []


def test_an_unknown_value_brings_no_second_fault():
    source = "pair A = nosuch;\npath p = A--other--(A+other);\ndraw(f(p, other).x, g[other]);\n"
    names = [fault.name for fault in check(source)]
    assert names == ["nosuch", "other", "other", "f", "other", "g", "other"]
    assert {type(fault).__name__ for fault in check(source)} <= {
        "UndeclaredName",
        "UndeclaredFunction",
    }


def test_a_program_nested_without_measure():
    for source in ("real x = " + "-(" * 2000 + "1" + ")" * 2000 + ";", "{" * 900 + "}" * 900):
        assert all(type(fault).__name__ == "NestedTooDeeply" for fault in check(source))


@pytest.mark.parametrize(
    ("fix", "result", "words"),
    [
        (Fix(Span(1, 1, 1, 1), "import x;\n"), "import x;\nab\ncd", "insert `import x;` at 1:1"),
        (Fix(Span(1, 2, 1, 3), "z"), "az\ncd", "write `z` at 1:2"),
        (Fix(Span(1, 2, 2, 2), ""), "ad", "remove what stands at 1:2"),
        (Fix(Span(2, 3, 2, 3), "!"), "ab\ncd!", "insert `!` at 2:3"),
    ],
)
def test_fixes(fix, result, words):
    assert apply_fix("ab\ncd", fix) == result
    assert str(fix) == words


def test_a_fix_is_there_only_where_it_helps():
    (fault,) = check("pair Apex = (0,3);\nreal r = Apx;\n")
    assert fault.fix is None, "a pair would not do here"
    (fault,) = check("pair Apex = (0,3);\npair r = Apx;\n")
    assert fault.fix == Fix(Span(2, 10, 2, 13), "Apex")
