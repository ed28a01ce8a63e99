"""From a prompt to a program: models, constraints and the decoding loop."""

from asygrammar.decoding.code import AsyCode
from asygrammar.decoding.constraint import LEVELS
from asygrammar.decoding.generator import AsyGenerator, generate_asy

__all__ = ["LEVELS", "AsyCode", "AsyGenerator", "generate_asy"]
