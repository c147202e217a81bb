"""Answer "Why did I (not) get this?" for one address and one subscription.

In: a read transaction, an address or an article's number, a subscription. Out: a `Why`, which page, API and command
line show alike. Hides which tables know what. Trap: it says what the store knows now; a query that was changed since is
explained as it is today, and the answer says so.
"""

from pipeline.why.answer import find_why
from pipeline.why.record import Sight, Step, Why
from pipeline.why.story import find_why_of_any
from pipeline.why.trace import Trace, trace_of

__all__ = ["Sight", "Step", "Trace", "Why", "find_why", "find_why_of_any", "trace_of"]
