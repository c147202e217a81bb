"""The shapes of alerts with what became of them, and of how long they took.

In: alerts with their deliveries, delays. Out: pydantic models. Trap: an alert in a digest has no delivery of its own;
`hold` and `due_at` say so.
"""

from datetime import datetime

from dashboard.api.shapes import AlertShape, DeliveryShape, Shape
from pipeline.rule import HoldReason, UpdateReason
from pipeline.store.history import Told


class DelayShape(Shape):
    """Half of the alerts took at most `p50` seconds, 95 of 100 at most `p95`."""

    name: str
    count: int
    p50: float
    p95: float


class DelaysShape(Shape):
    """Delays of the last alerts, from an entry first seen to the receiver's yes."""

    stages: list[DelayShape]
    subscriptions: list[DelayShape]
    hosts: list[DelayShape]


class UpdateShape(Shape):
    """An update of an alert, with its deliveries."""

    id: int
    number: int
    reason: UpdateReason
    article_id: int
    article_title: str
    outlet: str
    created_at: datetime
    hold: HoldReason | None
    due_at: datetime | None
    deliveries: list[DeliveryShape]


class AlertDetail(Shape):
    """An alert and what became of it; `hold` says why it came or comes with the digest of `due_at`."""

    alert: AlertShape
    hold: HoldReason | None
    due_at: datetime | None
    deliveries: list[DeliveryShape]
    updates: list[UpdateShape]

    @classmethod
    def of(cls, told: Told) -> "AlertDetail":
        """Write an alert with what became of it."""
        return cls(
            alert=AlertShape.of(told.alert),
            hold=told.hold,
            due_at=told.due_at,
            deliveries=[DeliveryShape.model_validate(one) for one in told.deliveries],
            updates=[UpdateShape.model_validate(one) for one in told.updates],
        )
