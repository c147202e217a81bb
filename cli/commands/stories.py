"""`storywatch stories`: what stands together and why, and the hand's word on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_record, print_rows
from pipeline import regroup
from pipeline.errors import NotFound
from pipeline.model import Grouping, GroupingKind, Story
from pipeline.store import articles as stored_articles
from pipeline.store import merging
from pipeline.store import stories as stored_stories
from pipeline.store.articles import StoredArticle
from pipeline.store.merging import Act
from pipeline.stories.facts import facts_of
from workers.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="Look at stories; merge, split and undo.")
StoryArgument = Annotated[int, typer.Argument(help="The story's number.")]
OtherArgument = Annotated[int, typer.Argument(help="The other story's number.")]


@app.command("list")
def list_stories(limit: LimitOption = 20, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the newest stories."""
    with store_of(config) as database, database.read() as tx:
        rows = [_story_row(story) for story in stored_stories.recent(tx, limit)]
    print_rows("Stories", rows, as_json=as_json, empty="No stories yet; `storywatch run` brings them.")


@app.command("show")
def show_story(
    number: Annotated[int, typer.Argument(help="The story's number.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one story: its articles, which are copies, and why each belongs."""
    with store_of(config) as database, database.read() as tx:
        story = stored_stories.get(tx, number)
        members = stored_stories.articles_of(tx, number)
        groupings = stored_stories.groupings_of(tx, number)
    rows = [_member_row(stored, groupings.get(stored.id)) for stored in members]
    record = _story_row(story) | _facts(members, groupings)
    if as_json:
        print_json(record | {"articles": rows})
        return
    print_record(record, as_json=False)
    out.print()
    print_rows("Articles", rows, as_json=False, empty="")


@app.command()
def explain(
    number: Annotated[int, typer.Argument(metavar="ARTICLE", help="The article's number.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show why an article is in its story: what it was compared with, the scores, and what would have been enough."""
    with store_of(config) as database, database.read() as tx:
        stored = stored_articles.get(tx, number)
        found = stored_stories.find_grouping(tx, number)
        acts = merging.acts_of(tx, found[0].story_id) if found and found[0].story_id else []
    if found is None:
        raise NotFound(f"article {number} has no story yet")
    grouping, decided_at = found
    record = {
        "article": number,
        "title": stored.article.title,
        "story": stored.story_id,
        "decided": decided_at,
        "decision": grouping.kind.value,
        "decided_story": grouping.story_id,
        "copy_of": grouping.of_article_id,
        "score": round(grouping.score, 3),
        "why": grouping.why,
        "enough": grouping.evidence.get("enough", {}),
    }
    texts, near = grouping.evidence.get("texts", []), grouping.evidence.get("stories", [])
    if as_json:
        print_json(record | {"texts": texts, "stories": near, "acts": [_act_row(act) for act in acts]})
        return
    print_record(record, as_json=False)
    for title, rows in (("Texts compared", texts), ("Stories compared", near), ("Done since", map(_act_row, acts))):
        out.print()
        print_rows(title, [*rows], as_json=False, empty=f"{title}: none.")


@app.command()
def merge(story: StoryArgument, other: OtherArgument, config: ConfigOption = None) -> None:
    """Make one story of two, for good; whoever was told of either is not told again."""
    with store_of(config) as database, database.write() as tx:
        act = regroup.merge(tx, story, other, "", utc_now(), by_hand=True)
    out.print(f"story {act.other_story_id} is part of story {act.story_id}; {_take_back(act)}")


@app.command()
def split(
    story: StoryArgument,
    articles: Annotated[list[int], typer.Argument(help="Numbers of the articles to take out.")],
    config: ConfigOption = None,
) -> None:
    """Take articles out of a story into one of their own; the two are never joined again."""
    with store_of(config) as database, database.write() as tx:
        act = regroup.split(tx, story, articles, utc_now())
    out.print(f"story {act.other_story_id} has what was taken out of story {act.story_id}; {_take_back(act)}")


@app.command()
def apart(story: StoryArgument, other: OtherArgument, config: ConfigOption = None) -> None:
    """Say that two stories are not the same, whatever comes."""
    with store_of(config) as database, database.write() as tx:
        act = regroup.apart(tx, story, other, utc_now())
    out.print(f"stories {act.story_id} and {act.other_story_id} stay apart; {_take_back(act)}")


@app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="ACT", help="The act's number; `stories acts` lists them.")],
    config: ConfigOption = None,
) -> None:
    """Take a merge, a split or an apart back, the machine's or a hand's."""
    with store_of(config) as database, database.write() as tx:
        act = regroup.undo(tx, number, utc_now())
    out.print(f"act {act.id} ({act.kind.value} of {act.story_id} and {act.other_story_id}) is undone")


@app.command()
def acts(limit: LimitOption = 20, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List what was merged, split and kept apart, by the machine and by hand."""
    with store_of(config) as database, database.read() as tx:
        rows = [_act_row(act) for act in merging.recent_acts(tx, limit)]
    print_rows("Acts", rows, as_json=as_json, empty="No story was merged, split or kept apart.")


def _take_back(act: Act) -> str:
    return f"`storywatch stories undo {act.id}` takes it back"


def _act_row(act: Act) -> dict[str, object]:
    return asdict(act) | {"kind": act.kind.value}


def _story_row(story: Story) -> dict[str, object]:
    return {
        "id": story.id,
        "title": story.title,
        "articles": story.article_count,
        "texts": story.text_count,
        "outlets": story.outlet_count,
        "first": story.first_at,
        "last": story.last_at,
    }


def _facts(members: Sequence[StoredArticle], groupings: Mapping[int, Grouping]) -> dict[str, object]:
    """Say who tells a story, in whose words, in which languages, and how fast it grows."""
    kinds = [groupings[stored.id].kind if stored.id in groupings else None for stored in members]
    copies = {place for place, kind in enumerate(kinds) if kind is GroupingKind.COPY}
    facts = facts_of([stored.article for stored in members], copies)
    return {
        "told_by": facts.outlets,
        "own_words": list(facts.own_outlets),
        "agencies": facts.agencies,
        "languages": facts.languages,
        "grown": {"1h": facts.grown_1h, "6h": facts.grown_6h, "24h": facts.grown_24h},
    }


def _member_row(stored: StoredArticle, grouping: Grouping | None) -> dict[str, object]:
    return {
        "article": stored.id,
        "outlet": stored.article.outlet,
        "kind": grouping.kind.value if grouping else None,
        "title": stored.article.title,
        "why": grouping.why if grouping else "",
    }
