"""`storywatch subscriptions test` and `variants`: what a query would have done, and how a name is really written."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text
from sqlalchemy import Connection

from cli.commands import rule_options
from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import store_of
from cli.output import note, out, print_json, print_rows
from pipeline.alerts.forecast import Forecast
from pipeline.alerts.preview import Day, bars
from pipeline.alerts.query.notes import notes
from pipeline.errors import BadQuery, Unusable
from pipeline.subscribing import check, find_query
from pipeline.trial import Sample, Trial, try_query
from pipeline.variants import variants


def check_query(tx: Connection, query: str, name: str = "") -> None:
    """Refuse a query that cannot be saved, showing where; print remarks on one that can."""
    try:
        check(tx, query, name)
    except BadQuery as error:
        raise shown_mistake(query, error) from error
    for remark in notes(query, lambda saved: find_query(tx, saved)):
        note(remark)


def shown_mistake(query: str, error: BadQuery) -> Unusable:
    """Repeat a query with a mark under its mistake, and the mended one below."""
    mended = f"\nperhaps: {error.suggestion}" if error.suggestion else ""
    return Unusable(f"{error.problem}\n  {query}\n  {' ' * error.position}^{mended}")


def try_out(
    query: Annotated[str, typer.Argument(help="Query to try on the articles of the archive.")],
    days: Annotated[int, typer.Option("--days", "-d", min=1, max=3_650, help="How far back.")] = 30,
    outlets: rule_options.Outlets = None,
    texts: rule_options.Texts = None,
    first_in_language: rule_options.FirstInLanguage = False,
    growth: rule_options.Growth = None,
    not_before: rule_options.NotBefore = None,
    not_after: rule_options.NotAfter = None,
    quiet: rule_options.QuietHours = None,
    most_per_hour: rule_options.MostPerHour = None,
    digest: rule_options.DigestAt = None,
    tz: rule_options.TimeZone = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a query with its conditions would have raised in the last days, without saving anything."""
    conditions = {"outlets": outlets, "texts": texts, "first_in_language": first_in_language, "growth": growth}
    times = {"quiet": quiet, "most_per_hour": most_per_hour, "digest": digest, "timezone": tz}
    rule = rule_options.rule_of(conditions | times | {"not_before": not_before, "not_after": not_after})
    with store_of(config) as database, database.read() as tx:
        check_query(tx, query)
        trial = try_query(tx, query, days, datetime.now(UTC), rule)
    if as_json:
        print_json(_plain(trial))
        return
    _print_picture(trial)
    for sample in trial.samples:
        _print_sample(sample)
    for warning in trial.preview.warnings:
        out.print(Text(f"! {warning}", style="yellow"))
    for remark in trial.forecast.remarks:
        note(remark)


def list_variants(
    word: Annotated[str, typer.Argument(help="A name, such as Zelensky.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List how a name is written in the archive, with the number of articles."""
    with store_of(config) as database, database.read() as tx:
        found = variants(tx, word)
    rows = [{"spelling": one.spelling, "articles": one.article_count, "why": one.why} for one in found]
    print_rows("Spellings", rows, as_json=as_json, empty=f"No article holds {word!r} or a name that sounds like it.")


def _print_picture(trial: Trial) -> None:
    seen = trial.preview
    out.print(
        f"{seen.match_count:,} of {seen.article_count:,} articles since {seen.since:%Y-%m-%d} meet it: "
        f"{seen.alert_count:,} alerts, {seen.suppressed_count:,} kept back because their story had its own"
    )
    _print_forecast(trial.forecast)
    days = _legible(seen.days)
    if len(days) > 1 and seen.alert_count:
        counts = [count for _, count in days]
        out.print(f"alerts a day  {bars(counts)}  at most {max(counts)}")
        out.print(f"              {days[0][0]:%d %b}{' ' * max(len(days) - 12, 1)}{days[-1][0]:%d %b}")


def _print_forecast(told: Forecast) -> None:
    if told.missing:
        noun = "story" if told.held_back_count == 1 else "stories"
        out.print(f"{told.held_back_count:,} {noun} held back by the conditions")
    for one in told.missing:
        out.print(Text(f"  {one.story_count:,} without: {one.condition}"))
    if told.digest_count:
        out.print(f"{told.single_count:,} alerts at once, the others in {told.digest_count:,} digests")


def _legible(days: Sequence[Day]) -> list[tuple[datetime, int]]:
    """Join days until they fit on a line."""
    step = -(-len(days) // 60)
    grouped = [days[start : start + step] for start in range(0, len(days), step)]
    return [
        (datetime.combine(group[0].day, datetime.min.time(), UTC), sum(day.alert_count for day in group))
        for group in grouped
    ]


def _print_sample(sample: Sample) -> None:
    also = f", {sample.match_count - 1} more of its story" if sample.match_count > 1 else ""
    out.print()
    out.print(_marked(sample.title or "(no title)", sample.matched, "bold"))
    out.print(Text(f"  {sample.outlet}, {sample.stored_at:%Y-%m-%d %H:%MZ}, article {sample.article_id}{also}"))
    out.print(Text("  ").append_text(_marked(sample.passage, sample.matched)))


def _marked(text: str, words: Sequence[str], style: str = "") -> Text:
    """Mark matched words, whatever the terminal: between brackets where it has no colours."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    if pattern and not out.is_terminal:
        return Text(re.sub(f"(?<!\\w)({pattern})(?!\\w)", r"[\1]", text), style=style)
    marked = Text(text, style=style)
    if pattern:
        marked.highlight_regex(f"(?<!\\w)(?:{pattern})(?!\\w)", "reverse")
    return marked


def _plain(trial: Trial) -> dict[str, object]:
    return asdict(trial) | {"suppressed_count": trial.preview.suppressed_count}
