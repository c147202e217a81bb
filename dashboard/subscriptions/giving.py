"""Give a subscription to another user: an admin's deed, since it fills somebody's list and lets him change it.

In: a subscription, a user's name. Out: the change, or Unusable with what to do. Trap: a reader could not change what he
was given, and a disabled user's feeds answer nobody, so neither is given anything.
"""

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from dashboard.may import Deed, Visitor
from dashboard.subscriptions.saving import refuse_beyond
from pipeline.errors import Unusable
from pipeline.model import User
from pipeline.store import subscriptions, users


def give(tx: Connection, subscription_id: int, owner_name: str, visitor: Visitor, most: int) -> None:
    """Let the named user change it from now on, or with no name the whole newsroom's admins.

    Raises NotFound and Unusable; answers 403 to whoever is no admin. Nobody is given more than `most`.
    """
    if not visitor.may(Deed.OPERATE):
        raise HTTPException(403, "Only admins give a subscription to another user.")
    owner = receiver(tx, owner_name) if owner_name else None
    subscriptions.give_to(tx, subscription_id, owner.id if owner else None)
    if owner:
        refuse_beyond(tx, Visitor.of(owner), most)


def receiver(tx: Connection, name: str) -> User:
    """Give the user who can be given something; raises NotFound and Unusable."""
    found = users.get_by_name(tx, name)
    if found.disabled or not Visitor.of(found).may(Deed.SUBSCRIBE):
        why = "disabled" if found.disabled else "a reader, who changes nothing"
        raise Unusable(f"{found.name} is {why}; name an editor or an admin")
    return found


def receivers_of(tx: Connection) -> list[str]:
    """Give the names of all who can be given something."""
    return [user.name for user in users.list_all(tx) if not user.disabled and Visitor.of(user).may(Deed.SUBSCRIBE)]
