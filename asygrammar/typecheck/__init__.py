"""Types and names of a program, judged as the compiler judges them.

:func:`check_statement` takes in one statement at a time: it returns the faults of the statement and
the scope that the next one stands in.
"""

from asygrammar.typecheck.statements import Checked, check_program, check_statement

__all__ = ["Checked", "check_program", "check_statement"]
