"""A cache that forgets what was not asked for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Recent(OrderedDict[Hashable, _Value], Generic[_Value]):
    """A dictionary that forgets what was not asked for longest.

    Args:
        most: How many values it keeps.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def find(self, key: Hashable) -> _Value | None:
        """Return a value, which is then the most recent, or ``None``."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def keep(self, key: Hashable, value: _Value) -> None:
        """Keep a value, at the cost of the oldest."""
        self[key] = value
        if len(self) > self._most:
            self.popitem(last=False)
