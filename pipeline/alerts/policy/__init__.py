"""Decide what becomes of a match: is the alert due, is there news of a story that was told, and when is it handed over.

In: a `Rule`, the story's state, an instant. Out: decisions with their reasons. Hides zoneinfo. All pure.
Trap: whether a decision came first is not known here; the store's unique keys tell.
"""

from pipeline.alerts.policy.conditions import Clause, clauses, holds
from pipeline.alerts.policy.hold import hold_for, next_hold
from pipeline.alerts.policy.updates import Told, due_update, novelty

__all__ = ["Clause", "Told", "clauses", "due_update", "hold_for", "holds", "next_hold", "novelty"]
