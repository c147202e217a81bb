"""Decide whether an alert goes at once or is kept for a digest.

In: a `Rule`, the instant, and when alerts of the subscription were handed over singly in the last hour. Out: `Hold`
or None. Pure. Trap: what is held is never dropped; the digest it is kept for is sent even if the rule changes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.alerts.policy.times import next_due, quiet_until
from pipeline.rule import Hold, HoldReason, Rule

LIMIT_SPAN = timedelta(hours=1)


def hold_for(rule: Rule, now: datetime, single_at: Sequence[datetime]) -> Hold | None:
    """Decide for an alert raised now; `single_at` are the instants of those handed over singly, the oldest first."""
    if rule.digest:
        return next_hold(rule, HoldReason.DIGEST, now)
    if rule.quiet and (until := quiet_until(rule.quiet, rule.timezone, now)):
        return Hold(until, HoldReason.QUIET)
    recent = [at for at in single_at if now - LIMIT_SPAN < at <= now]
    if rule.most_per_hour and len(recent) >= rule.most_per_hour:
        return Hold(_outside_quiet(rule, recent[0] + LIMIT_SPAN), HoldReason.LIMIT)
    return None


def next_hold(rule: Rule, why: HoldReason, after: datetime) -> Hold:
    """Give the digest after an instant; for one without a schedule, an hour later."""
    until = next_due(rule.digest, rule.timezone, after) if rule.digest else after + LIMIT_SPAN
    return Hold(_outside_quiet(rule, until), why)


def _outside_quiet(rule: Rule, moment: datetime) -> datetime:
    return (quiet_until(rule.quiet, rule.timezone, moment) if rule.quiet else None) or moment
