"""State machines as data: one table for each noun, (state, event) -> state.

Duplicate and late events stand in the table on purpose, as moves from a state to itself. Whatever is
not in the table raises.
"""

import enum
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

Column = sa.ColumnElement[Any] | orm.InstrumentedAttribute[Any]
State = TypeVar("State", bound=enum.StrEnum)
Happening = TypeVar("Happening", bound=enum.StrEnum)


class IllegalTransition(Exception):
    """An event came that this state does not know."""

    def __init__(self, noun: str, state: str, event: str) -> None:
        super().__init__(f"a {noun} that is {state} cannot be moved by {event}")
        self.noun, self.state, self.event = noun, state, event


class Moves(Generic[State, Happening]):
    """The transition table of one noun."""

    def __init__(self, noun: str, table: Mapping[tuple[State, Happening], State]) -> None:
        self.noun = noun
        self.table = dict(table)

    def after(self, state: State, event: Happening) -> State:
        """The state that follows.

        Raises:
            IllegalTransition: the table has no such move.
        """
        try:
            return self.table[state, event]
        except KeyError:
            raise IllegalTransition(self.noun, state, event) from None

    def allows(self, state: State, event: Happening) -> bool:
        """Whether the table has such a move."""
        return (state, event) in self.table

    def sources(self, event: Happening) -> list[State]:
        """The states in which `event` is known."""
        return [state for state, known in self.table if known is event]

    def sql(self, column: Column, event: Happening) -> sa.ColumnElement[Any]:
        """The same table as a CASE, for a statement that must move a row without reading it first.

        A state that does not know the event stays as it is: an event from the network never fails.
        """
        whens = [
            (column == old, sa.literal(new, column.type))
            for (old, e), new in self.table.items()
            if e is event
        ]
        return sa.case(*whens, else_=column)
