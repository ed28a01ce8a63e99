import pytest

from asygrammar.compiler import CompilerSession, SessionPool

BEFORE = ("size(5cm);", "pair A=(0,0), B=(1,1);", "draw(A--B);")


@pytest.fixture(scope="module")
def pool():
    with SessionPool(2) as pool:
        yield pool


@pytest.fixture
def session(pool):
    with CompilerSession(pool, timeout=10) as session:
        for statement in BEFORE:
            assert session.run(statement).ok
        yield session
