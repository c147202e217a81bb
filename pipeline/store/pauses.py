"""Stages that a person has paused: what waits there goes on waiting.

In: a queue's name. Out: whether it is paused. Hides where that is kept. Trap: a pause holds back releases only;
what is on the queue already, and what is in work, comes to its end.
"""

from sqlalchemy import Connection

from pipeline.store import meta

_NAME = "paused_{stage}"


def is_paused(tx: Connection, stage: str) -> bool:
    """Tell whether releases of a stage are held back."""
    return meta.number(tx, _NAME.format(stage=stage)) > 0


def set_paused(tx: Connection, stage: str, *, paused: bool) -> None:
    """Hold releases of a stage back, or let them go on."""
    meta.set_number(tx, _NAME.format(stage=stage), int(paused))
