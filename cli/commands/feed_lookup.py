"""Finding the feed that a person means, by its number or its address."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from pipeline.errors import NotFound
from pipeline.masking import masked_url
from pipeline.model import Feed
from pipeline.store import feeds as stored

FeedArgument = Annotated[str, typer.Argument(help="The feed's number or address.")]


def find_feed(tx: Connection, text: str) -> Feed:
    """Find a feed by number or address, also by an address it had before it moved; raises NotFound."""
    if text.isdigit():
        return stored.get(tx, int(text))
    found = stored.find_by_url(tx, text)
    if found is None:
        raise NotFound(f"no feed has the address {masked_url(text)}; `storywatch feeds list` shows all")
    return found
