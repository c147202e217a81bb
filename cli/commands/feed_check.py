"""`storywatch feeds check`: what a poll of an address sees, step by step."""

import asyncio
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import out, print_json
from cli.wiring import feed_rules
from workers.feed_check import check_address, check_feed


def check(
    feed: Annotated[str, typer.Argument(help="An address, or the number or address of a stored feed.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain what a poll of this address sees, and when it would be asked again and why; stores nothing of it."""
    rules = feed_rules(settings_of(config))
    with store_of(config) as database:
        looking = check_feed(rules, database, int(feed)) if feed.isdigit() else check_address(rules, database, feed)
        steps = asyncio.run(looking)
    if as_json:
        print_json([{"step": step.step, "says": step.says, **step.data} for step in steps])
        return
    width = max(len(step.step) for step in steps)
    for step in steps:
        out.print(f"{step.step:<{width}}  {step.says}", markup=False, highlight=False)
