"""From a prompt to a program: models, constraints and the decoding loop."""

from asygrammar.decoding.code import AsyCode
from asygrammar.decoding.generator import AsyGenerator, generate_asy
from asygrammar.decoding.levels import LEVELS

__all__ = ["LEVELS", "AsyCode", "AsyGenerator", "generate_asy"]
