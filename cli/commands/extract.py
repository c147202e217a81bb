"""`storywatch extract`: what the extractor makes of one page, at an address or in a file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of
from cli.output import note, out, print_json, print_record
from cli.wiring import transport_policy
from config.settings import Settings
from pipeline.articles import Extractor, Hint, decode
from pipeline.errors import Failure, Unusable
from pipeline.model import Extract
from pipeline.transport import Transport, failure_of_status
from workers.clock import utc_now
from workers.page_reading import ACCEPT, HTML_TYPES, media_type

FILE_URL = "http://file.invalid/"  #: base of relative links in a page that was read from a file


def extract(
    source: Annotated[str, typer.Argument(help="An http(s) address, or a file with HTML.")],
    title: Annotated[str, typer.Option(help="The feed's headline, which helps to find the article.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the article that is found in a page; nothing is stored."""
    settings = settings_of(config)
    try:
        found = asyncio.run(_extract(settings, source, title))
    except Failure as failure:
        raise Unusable(f"{source} gives no article: {failure} ({failure.reason})") from failure
    row = {
        "title": found.title,
        "byline": found.byline,
        "site": found.site,
        "language": found.language,
        "published": found.published_at,
        "canonical_url": found.canonical_url,
        "words": len(found.text.split()),
    }
    if as_json:
        print_json(row | {"text": found.text})
        return
    print_record(row, as_json=False)
    out.print()
    out.print(found.text, markup=False, highlight=False)
    if not found.text:
        note("no article text was found; the feed's own text would be used")


async def _extract(settings: Settings, source: str, title: str) -> Extract:
    """Read the page and extract it in a child of its own, as a worker would."""
    html, url = await _page(settings, source)
    limits = settings.worker
    extractor = Extractor(1, limits.extract_seconds, limits.extract_megabytes)
    try:
        return await extractor.extract(html, url, Hint(title, ""))
    finally:
        await extractor.close()


async def _page(settings: Settings, source: str) -> tuple[str, str]:
    """Give the page's HTML and address; raises Failure or Unusable."""
    if not source.startswith(("http://", "https://")):
        return decode(_read(Path(source)), ""), FILE_URL
    async with Transport(transport_policy(settings)) as transport:
        response = await transport.get(source, max_bytes=settings.fetch.page_bytes, accept=ACCEPT)
    failure = failure_of_status(response, utc_now())
    if failure:
        raise failure
    content_type = response.headers.get("Content-Type", "")
    if media_type(content_type) not in HTML_TYPES:
        raise Unusable(f"{source} is not a page but {media_type(content_type)}")
    return decode(response.body, content_type), response.url


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unusable(f"{file} cannot be read ({error.strerror}); give an address or a file with HTML") from error
