import pytest

from asygrammar.typed.rules import Rules, quoted


def lines(rules, start, later=()):
    text, needs = rules.write(start, later)
    return [line for line in text.splitlines() if ": " in line], needs


def test_rules_are_made_when_they_are_asked_for_and_written_when_they_are_reached():
    rules = Rules()
    rules.terminals["NAME"] = "/[a-z]/"
    rules.add("top", (rules.define("value", lambda: [("NAME",), (quoted("("), "value")]),))
    rules.add("unreached", ("NAME",))
    found, needs = lines(rules, "top")
    assert found == ["start: top", "top: value", 'value: NAME|"(" value', "NAME: /[a-z]/"]
    assert needs == {"top", "value", "NAME"}


def test_what_derives_nothing_is_taken_out_so_that_no_prefix_is_a_dead_end():
    rules = Rules()
    rules.add("top", (quoted("a"),), (quoted("b"), "endless"), (quoted("c"), "undefined"))
    rules.add("endless", (quoted("x"), "endless"))
    assert lines(rules, "top")[0] == ["start: top", 'top: "a"']
    assert rules.productive() == {"top"}
    with pytest.raises(ValueError, match="rule endless derives no text"):
        rules.write("endless")


def test_rules_on_top_share_those_below_which_grow_as_they_are_asked_for():
    below = Rules()
    below.terminals["INT"] = "/[0-9]/"
    first, second = Rules(below), Rules(below)
    first.add("line", (below.define("number", lambda: [("INT",)]), quoted(";")))
    assert lines(first, "line")[0] == [
        "start: line",
        'line: number ";"',
        "number: INT",
        "INT: /[0-9]/",
    ]
    pair = below.define("pair", lambda: [("number", quoted(","), "number"), ("never",)])
    second.add("line", (pair,), ("number", "nowhere"))
    found, needs = lines(second, "line")
    assert found[:3] == ["start: line", "line: pair", 'pair: number "," number']
    assert "never" not in needs


def test_a_parametric_rule_that_only_refers_is_written_as_what_it_refers_to():
    rules = Rules()
    rules.parametric |= {"some", "alias"}
    rules.add("top", ("alias::0x0",))
    rules.add("alias", ("some::set_bit(1)",))
    rules.add("some", (quoted("a"), "%if bit_clear(1)"), (quoted("b"),))
    found, _ = lines(rules, "top")
    assert "top: some::set_bit(1)" in found
    assert 'some::_: "a" %if bit_clear(1)|"b"' in found


def test_terminals_may_be_left_to_be_written_later():
    rules = Rules()
    rules.terminals["LATER"] = ""
    rules.add("top", ("LATER",))
    found, needs = lines(rules, "top", {"LATER"})
    assert found == ["start: top", "top: LATER"]
    assert "LATER" in needs
