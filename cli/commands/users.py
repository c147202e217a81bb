"""`storywatch users`: who may sign in to the dashboard."""

import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import note, out, print_record, print_rows
from cli.wiring import open_database
from pipeline.errors import Unusable
from pipeline.model import Role, User
from pipeline.passwords import check_password, fresh_password, hash_password
from pipeline.store import users
from workers.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="Say who may sign in to the dashboard, and as what.")

NameArgument = Annotated[str, typer.Argument(help="The user's name; an e-mail address is one.")]
MadeOption = Annotated[bool, typer.Option("--generate", help="Make a password and print it, this once.")]


@app.command()
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What he may do; each may what the one before may.")] = Role.READER,
    generate: MadeOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user; the password is asked for, or read as one line from standard input."""
    settings = settings_of(config)
    password = _new_password(users.plain_name(name), generate=generate)
    password_hash = hash_password(password)
    with open_database(settings) as database, database.write() as tx:
        made = users.add(tx, name, role, password_hash, utc_now())
        users.check_administered(tx, by_settings=bool(settings.web.password))
    _tell(made, password if generate else "", as_json=as_json)


@app.command("list")
def list_users(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List all users, each with the last sign-in."""
    with store_of(config) as database, database.read() as tx:
        rows = [_row(user) for user in users.list_all(tx)]
    print_rows("Users", rows, as_json=as_json, empty="No users yet: storywatch users add NAME --role admin")


@app.command()
def role(
    name: NameArgument,
    new_role: Annotated[Role, typer.Argument(metavar="ROLE", help="reader, editor or admin.")],
    config: ConfigOption = None,
) -> None:
    """Give a user another role; it holds from the next request on."""
    settings = settings_of(config)
    with open_database(settings) as database, database.write() as tx:
        found = users.get_by_name(tx, name)
        users.set_role(tx, found.id, new_role)
        users.check_administered(tx, by_settings=bool(settings.web.password))
    out.print(f"{found.name} is {new_role.value}", markup=False)


@app.command()
def disable(name: NameArgument, config: ConfigOption = None) -> None:
    """Shut a user out: open sessions and tokens end with the next request; subscriptions go on."""
    settings = settings_of(config)
    with open_database(settings) as database, database.write() as tx:
        found = _switch(tx, name, disabled=True)
        users.check_administered(tx, by_settings=bool(settings.web.password))
    out.print(f"disabled {found.name}", markup=False)


@app.command()
def enable(name: NameArgument, config: ConfigOption = None) -> None:
    """Let a disabled user in again; sessions from before stay closed."""
    with store_of(config) as database, database.write() as tx:
        found = _switch(tx, name, disabled=False)
    out.print(f"enabled {found.name}", markup=False)


@app.command()
def password(
    name: NameArgument,
    generate: MadeOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a user another password and end all sessions of the user."""
    with store_of(config) as database:
        with database.read() as tx:
            found = users.get_by_name(tx, name)
        new = _new_password(found.name, generate=generate)
        new_hash = hash_password(new)
        with database.write() as tx:
            users.set_password(tx, found.id, new_hash)
    _tell(found, new if generate else "", as_json=as_json)


def _switch(tx: Connection, name: str, *, disabled: bool) -> User:
    found = users.get_by_name(tx, name)
    users.set_disabled(tx, found.id, disabled=disabled)
    return found


def _new_password(name: str, *, generate: bool) -> str:
    """Get a new password without showing it; never from the command line, which other users of the machine see."""
    if generate:
        return fresh_password()
    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise Unusable("a password is needed: type it, pipe it in as one line, or let --generate make one")
    check_password(given, name)
    return str(given)


def _tell(user: User, made_password: str, *, as_json: bool) -> None:
    shown: dict[str, object] = {"name": user.name, "role": user.role.value}
    if made_password:
        shown["password"] = made_password
        note("Hand it over now: only its hash is stored. It can be changed under the name at the top of each page.")
    print_record(shown, as_json=as_json)


def _row(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
        "disabled": user.disabled,
        "created": user.created_at,
        "last_login": user.last_login_at,
    }
