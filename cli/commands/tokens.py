"""`storywatch tokens`: what programs need to use the API."""

from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import store_of
from cli.output import note, out, print_record, print_rows
from pipeline.model import Scope
from pipeline.store import tokens, users
from pipeline.store.tokens import ApiToken
from workers.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="Give out and take back tokens for the API.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The program that will use it.")],
    scope: Annotated[Scope, typer.Option(help="What it may do; each contains the one before.")] = Scope.READ,
    user: Annotated[str, typer.Option(help="Whose it is; it never does more than his role. Empty for yours.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it; it is shown this once."""
    with store_of(config) as database, database.write() as tx:
        owner_id = users.get_by_name(tx, user).id if user else None
        made, text = tokens.make(tx, name, scope, utc_now(), owner_id)
    print_record({"name": made.name, "scope": made.scope.value, "token": text}, as_json=as_json)
    note("Keep it now: only its digest is stored. Send it as `Authorization: Bearer …`.")


@app.command("list")
def list_tokens(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the tokens given out, each with its last use."""
    with store_of(config) as database, database.read() as tx:
        names = {user.id: user.name for user in users.list_all(tx)}
        rows = [_row(token, names) for token in tokens.list_all(tx)]
    print_rows("Tokens", rows, as_json=as_json, empty="None is given out: storywatch tokens add NAME --scope read")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name.")], config: ConfigOption = None) -> None:
    """Take a token back; the next request with it is refused."""
    with store_of(config) as database, database.write() as tx:
        tokens.revoke(tx, name)
    out.print(f"revoked {name}", markup=False)


def _row(token: ApiToken, names: dict[int, str]) -> dict[str, object]:
    return {
        "name": token.name,
        "scope": token.scope.value,
        "user": names.get(token.user_id, "") if token.user_id else "",
        "created": token.created_at,
        "last_used": token.last_used_at,
    }
