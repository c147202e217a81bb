"""Users for programs, for an admin's token alone: who may sign in and as what.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: the answer that adds a user or resets a password is the only
time that a password is shown; none is ever taken from a request.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import StringConstraints

from dashboard.api.shapes import Page, Shape
from dashboard.sources import Sources
from dashboard.user_changes import UserChanges, UserVerb
from pipeline.model import Role, User
from pipeline.store import users

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
#: As `pipeline.store.users.plain_name` takes it.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$")]


class UserShape(Shape):
    """A user, without the password."""

    id: int
    name: str
    role: Role
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None
    has_password: bool  #: false: only the password of the settings signs him in


class NewUser(Shape):
    """A user to add."""

    name: Name
    role: Role = Role.READER


class NewRole(Shape):
    """The role that a user gets."""

    role: Role


class MadeUser(UserShape):
    """A user with a fresh password; `password` is shown here and never again."""

    password: str


def user_api_routes(sources: Sources, changes: UserChanges) -> APIRouter:
    """Make the routes that list users and add one."""
    router = APIRouter(tags=["users"])

    @router.get("/users", summary="List users by name")
    async def all_users() -> Page[UserShape]:
        found = await sources.database.look(users.list_all)
        return Page(items=[UserShape.model_validate(one) for one in found])

    @router.post("/users", summary="Add a user; the password made for him is shown once", status_code=201)
    async def add(new: NewUser) -> MadeUser:
        return _made(*await changes.add(new.name, new.role))

    @router.get("/users/{user_id}", summary="Show a user")
    async def one(user_id: Id) -> UserShape:
        return UserShape.model_validate(await sources.database.look(users.get, user_id))

    return router


def user_verb_routes(changes: UserChanges) -> APIRouter:
    """Make the routes of what is done to one user; the last admin can be neither disabled nor given another role."""
    router = APIRouter(tags=["users"])

    @router.post("/users/{user_id}/password", summary="Make a new password, shown once; all sessions end")
    async def reset(user_id: Id) -> MadeUser:
        return _made(*await changes.reset(user_id))

    @router.post("/users/{user_id}/role", summary="Give a user another role; it holds from the next request")
    async def change_role(user_id: Id, new: NewRole) -> UserShape:
        return UserShape.model_validate(await changes.set_role(user_id, new.role))

    @router.post("/users/{user_id}/disable", summary="Shut a user out, with all sessions and tokens")
    async def disable(user_id: Id) -> UserShape:
        return UserShape.model_validate(await changes.do(user_id, UserVerb.DISABLE))

    @router.post("/users/{user_id}/enable", summary="Let a disabled user in again")
    async def enable(user_id: Id) -> UserShape:
        return UserShape.model_validate(await changes.do(user_id, UserVerb.ENABLE))

    @router.post("/users/{user_id}/sign-out", summary="End all sessions of a user")
    async def sign_out(user_id: Id) -> UserShape:
        return UserShape.model_validate(await changes.do(user_id, UserVerb.SIGN_OUT))

    return router


def _made(user: User, password: str) -> MadeUser:
    return MadeUser(**UserShape.model_validate(user).model_dump(), password=password)
