import json

from asygrammar.decoding.models import load_tokenizer
from asygrammar.eval.cost import measure_cost
from asygrammar.eval.parallel import processors, spread

FIGURES = [
    ("one", "pair A=(0,0);\npair B=(3,4);\ndraw(A--B);\n"),
    ("two", "real r=1;\ndraw(circle((0,0),r));\npair A=(0,0);\npair B=(3,4);\ndot(A);\n"),
    ("refused", "pair A=(0,0);\ndraw(A--nosuch);\n"),
    ("blank", " "),
]


def test_cost_is_measured_over_the_same_tokens():
    done = []
    report = measure_cost(
        FIGURES, load_tokenizer(None), milestones=(4, 30), progress=lambda: done.append(1)
    )
    assert report.figures == 2
    assert report.tokens > 40
    assert report.ratio.median > 0
    assert 0 < report.hit_rate < 1
    assert report.miss_bytes > 1000
    assert set(report.memory) == {4, 30}
    assert len(done) == 3
    assert report.hit.median < report.build.median
    answer = json.loads(json.dumps(report.to_dict()))
    assert answer["ratio"]["median"] == report.ratio.median
    assert "typed" in report.to_text()


def test_nothing_to_walk():
    report = measure_cost([], load_tokenizer(None))
    assert (report.figures, report.tokens, report.ratio.median) == (0, 0, 0)


def test_work_is_spread_in_order():
    assert list(spread(abs, [-3, 2, -1], 1)) == [3, 2, 1]
    assert list(spread(abs, [-3, 2, -1], 2)) == [3, 2, 1]
    assert processors() >= 1
