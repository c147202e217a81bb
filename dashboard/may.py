"""Who may do what: the one place to ask.

In: a role, or a visitor and what he wants. Out: yes or no, pure. Hides nothing. The door asks `needed_of` for every
request, so no route can be forgotten: what changes something and stands in no rule is for admins. A route asks
`check_owner` itself, since only it knows whose the row is. Trap: a template that hides a button spares disappointment
and protects nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from starlette.exceptions import HTTPException

from pipeline.model import Role, Scope, Subscription, User

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Deed(StrEnum):
    """What can be done here."""

    LOOK = "look"  #: every page of the news, the feeds and the queue; the own account
    WORK = "work"  #: split, merge and mark stories by hand
    SUBSCRIBE = "subscribe"  #: make subscriptions, and change one's own
    OPERATE = "operate"  #: feeds, queue, users, tokens, the subscriptions of others


LEAST_ROLE = {
    Deed.LOOK: Role.READER,
    Deed.WORK: Role.EDITOR,
    Deed.SUBSCRIBE: Role.EDITOR,
    Deed.OPERATE: Role.ADMIN,
}

#: What reading and what changing needs below an address; the first that fits counts.
RULES: tuple[tuple[str, Deed, Deed], ...] = (
    ("/users", Deed.OPERATE, Deed.OPERATE),
    ("/rq", Deed.OPERATE, Deed.OPERATE),
    ("/api/v1/tokens", Deed.OPERATE, Deed.OPERATE),
    ("/api/v1/users", Deed.OPERATE, Deed.OPERATE),
    ("/api/v1/opml/whole", Deed.OPERATE, Deed.OPERATE),
    ("/account", Deed.LOOK, Deed.LOOK),
    ("/logout", Deed.LOOK, Deed.LOOK),
    ("/login", Deed.LOOK, Deed.LOOK),
    ("/subscriptions/new", Deed.SUBSCRIBE, Deed.SUBSCRIBE),
    ("/subscriptions", Deed.LOOK, Deed.SUBSCRIBE),
    ("/api/v1/subscriptions", Deed.LOOK, Deed.SUBSCRIBE),
    ("/alerts", Deed.LOOK, Deed.SUBSCRIBE),
    ("/channels/test", Deed.LOOK, Deed.SUBSCRIBE),
    ("/api/v1/channels/test", Deed.LOOK, Deed.SUBSCRIBE),
    ("/api/v1/deliveries", Deed.LOOK, Deed.SUBSCRIBE),
    ("/api/v1/alerts", Deed.LOOK, Deed.SUBSCRIBE),
    ("/stories", Deed.LOOK, Deed.WORK),
    ("/api/v1/stories", Deed.LOOK, Deed.WORK),
    ("/articles", Deed.LOOK, Deed.WORK),
    ("/api/v1/articles", Deed.LOOK, Deed.WORK),
)

#: The most that a role's tokens can do.
WIDEST_SCOPE = {Role.READER: Scope.READ, Role.EDITOR: Scope.WRITE, Role.ADMIN: Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks: a user, by session or token; or, with no number, who needs none."""

    id: int | None
    name: str
    role: Role

    @classmethod
    def of(cls, user: User) -> "Visitor":
        """Take what matters of a user."""
        return cls(user.id, user.name, user.role)

    def may(self, deed: Deed | str) -> bool:
        """Tell whether his role allows a deed; templates name it by its word."""
        return may(self.role, Deed(deed))

    def may_change(self, subscription: Subscription) -> bool:
        """Tell whether he may change this subscription: his own, and an admin every one."""
        if self.role is Role.ADMIN:
            return True
        return self.may(Deed.SUBSCRIBE) and self.id is not None and subscription.owner_id == self.id


#: Who sits at the machine itself where nobody has to sign in, or uses a token that belongs to no user.
OPERATOR = Visitor(None, "", Role.ADMIN)


def may(role: Role, deed: Deed) -> bool:
    """Tell whether a role allows a deed."""
    return role.covers(LEAST_ROLE[deed])


def needed_of(method: str, path: str) -> Deed:
    """Give what a request does, by its address and method."""
    safe = method in SAFE_METHODS
    for folder, reading, changing in RULES:
        if path == folder or path.startswith(folder + "/"):
            return reading if safe else changing
    return Deed.LOOK if safe else Deed.OPERATE


def narrowed(scope: Scope, role: Role) -> Scope:
    """Give the scope a user's token really has: never more than his role (S27)."""
    return scope if WIDEST_SCOPE[role].covers(scope) else WIDEST_SCOPE[role]


def check_owner(visitor: Visitor, subscription: Subscription) -> None:
    """Answer 403 if a visitor may not change this subscription."""
    if not visitor.may_change(subscription):
        raise HTTPException(403, "This subscription belongs to somebody else; only its owner and admins change it.")
