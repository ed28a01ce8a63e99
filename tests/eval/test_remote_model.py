"""A model behind a server, which is a real one on this machine."""

from __future__ import annotations

import time

import pytest
from chat_server import chat_server, completion

from asygrammar.eval.remote_model import Answer, ChatServer, RefusedError, key_from

ASK = [{"role": "user", "content": "Draw a dot."}]


def test_question_and_answer():
    with chat_server(lambda body: (200, completion("dot((0,0));", "stop", 7))) as (url, requests):
        server = ChatServer(url + "/", "some-model", "secret")
        answer = server.ask(ASK, max_tokens=20, temperature=0.5, seed=3)
    assert (answer.text, answer.ending, answer.tokens) == ("dot((0,0));", "stop", 7)
    assert 0 < answer.seconds < 10
    assert requests == [
        (
            "/v1/chat/completions",
            "Bearer secret",
            {
                "model": "some-model",
                "messages": ASK,
                "max_tokens": 20,
                "temperature": 0.5,
                "seed": 3,
            },
        )
    ]


def test_a_server_that_says_little():
    with chat_server(lambda body: (200, completion(None, None))) as (url, requests):
        answer = ChatServer(url).ask(ASK, max_tokens=20)
    assert answer == Answer("", None, None, answer.seconds)
    assert requests[0][1] == ""
    assert "seed" not in requests[0][2]


def test_a_busy_server_is_asked_again():
    statuses = iter((503, 429, 200))
    with chat_server(lambda body: (next(statuses), completion("x"))) as (url, requests):
        assert ChatServer(url, pauses=(0.0, 0.0)).ask(ASK, max_tokens=9).text == "x"
    assert len(requests) == 3


@pytest.mark.parametrize(("status", "kind"), [(400, RefusedError), (401, ValueError)])
def test_a_refusal_is_told_at_once(status, kind):
    told = f"refuses: status {status}, no such"
    with (
        chat_server(lambda body: (status, b"no\n  such")) as (url, requests),
        pytest.raises(ValueError, match=told) as caught,
    ):
        ChatServer(url).ask(ASK, max_tokens=9)
    assert type(caught.value) is kind
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"not json", "does not answer"),
        (b"[]", "no chat completion"),
        (b'{"choices": []}', "no chat completion"),
        (b'{"choices": [7]}', "no chat completion"),
        (completion("x" * 300_000), "more than 256 kB"),
    ],
)
def test_answers_that_are_none(answer, told):
    with chat_server(lambda body: (200, answer)) as (url, _), pytest.raises(ValueError, match=told):
        ChatServer(url, pauses=()).ask(ASK, max_tokens=9)


def test_a_server_that_sleeps_is_not_waited_for():
    def sleep(body):
        time.sleep(1)
        return 200, completion("late")

    began = time.monotonic()
    with chat_server(sleep) as (url, _), pytest.raises(ValueError, match="timed out"):
        ChatServer(url, timeout=0.1, pauses=()).ask(ASK, max_tokens=9)
    assert time.monotonic() - began < 5


def test_no_server():
    with pytest.raises(ValueError, match=r"does not answer .*: run it again to go on"):
        ChatServer("http://127.0.0.1:9", pauses=(0.0,)).ask(ASK, max_tokens=9)
    with pytest.raises(ValueError, match="http"):
        ChatServer("file:///etc/passwd")


def test_keys(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "secret")
    assert key_from("SOME_KEY") == "secret"
    assert key_from(None) == ""
    with pytest.raises(ValueError, match="no environment variable OTHER_KEY"):
        key_from("OTHER_KEY")
