"""Where a process is killed, and what is promised for each point.

In: nothing. Out: `Point`s in the order of the way. Trap: at the last two the receiver has the alert and we do not
know it; only there may it come twice, with the same id.
"""

from enum import StrEnum


class Point(StrEnum):
    """The instants at which nothing but the database can remember."""

    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "after the commit"
    AFTER_CLAIM = "after the claim"
    AFTER_CONNECT = "after the connection"
    AFTER_BODY = "after the body"
    AFTER_YES = "after 2xx, before the mark"


MAY_REPEAT = frozenset({Point.AFTER_BODY, Point.AFTER_YES})
POINTS = tuple(Point)
