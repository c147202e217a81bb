"""Say a notice in a chat.

In: a delivery, a service, what can speak to it. Out: the answer in words, or Transient or Permanent. Trap: every chat
has marks of its own for calling people and hiding links; `harmless` takes them from strangers' text in a way that all
of them show alike, so that nobody has to know which service it is (S25).
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, islice
from typing import Protocol

from pipeline.alerts.channels.targets import ChatTarget
from pipeline.alerts.channels.webhook import failure_of, said
from pipeline.alerts.items import Item, items_of
from pipeline.alerts.lines import is_web_address
from pipeline.alerts.message import subject
from pipeline.errors import Permanent, Transient
from pipeline.model import DeliveryTask, Response

#: Services that are spoken to over HTTP and nothing else, as apprise calls them (S16); those with an `s` at the end
#: are servers of somebody's own, over TLS. `json`, `xml` and `form` are missing on purpose: they post wherever told.
SCHEMES = frozenset(
    (
        *("discord", "gchat", "gotify", "gotifys", "matrix", "matrixs", "mmost", "mmosts", "nctalk", "nctalks"),
        *("ntfy", "ntfys", "pover", "rocket", "rockets", "slack", "tgram", "workflows", "wxteams", "zulip"),
    )
)
BODY_LENGTH = 1700  #: characters; Discord refuses more than 2,000, and the others take that
LINE_LENGTH = 240
ADDRESS_LENGTH = 400  #: a longer one is left out, as half of one leads nowhere
SHOWN_MOST = 10  #: stories of a digest in one chat message; a chat is no newspaper

#: A zero-width space parts `@everyone` and `[text](address)`; `<!channel>`, `<@U1>` and HTML lose their brackets; marks
#: of code and quotation become their likes.
_HARMLESS = str.maketrans({"@": "@\u200b", "<": "‹", ">": "›", "[": "［", "]": "］", "`": "ˋ"})
_IN_ADDRESS = str.maketrans({"@": "%40", "<": "%3C", ">": "%3E", "[": "%5B", "]": "%5D", "`": "%60", "|": "%7C"})


class Speaker(Protocol):
    """What speaks to chat services; `pipeline.transport.chat.Chat` does."""

    async def say(self, url: str, *, title: str, body: str) -> Response:
        """Say something and give the answer, whatever its status; raises Transient or Permanent."""
        ...


async def say_notice(task: DeliveryTask, target: ChatTarget, speaker: Speaker, now: datetime) -> str:
    """Say one notice."""
    title = harmless(subject(task))
    body = chat_body([_lines(item, title) for item in items_of(task)])
    try:
        response = await speaker.say(target.url, title=title, body=body)
    except Transient as error:
        raise Transient(error.reason, said(target, error.reason), error.retry_after, error.status) from None
    except Permanent as error:
        raise Permanent(error.reason, said(target, error.reason), error.status) from None
    if failure := failure_of(response, target, now):
        raise failure
    return f"{target.shown} answered {response.status}"


def chat_body(blocks: Sequence[str]) -> str:
    """Join as many blocks as every service takes, at least one, and count the rest."""
    ends = accumulate(len(block) + 2 for block in blocks)
    shown = max(1, sum(end <= BODY_LENGTH for end in islice(ends, SHOWN_MOST)))
    rest = f"\n\nand {len(blocks) - shown} more on the dashboard" if len(blocks) > shown else ""
    return "\n\n".join(blocks[:shown]) + rest


def harmless(line: str) -> str:
    """Take from a line what a chat would act on."""
    return line.translate(_HARMLESS)


def _lines(item: Item, title: str) -> str:
    """Write one story; its headline only if the message's title does not end with it already."""
    url, headline = item.url.translate(_IN_ADDRESS), harmless(item.headline)
    lines = [] if title.endswith(f": {headline}") else [headline]
    lines += [harmless(item.source)]
    lines += [harmless(item.passage)] if item.passage else []
    lines += [url] if is_web_address(item.url) and len(url) <= ADDRESS_LENGTH else []
    lines += [harmless(item.why)]
    lines += [f"Story: {item.story_url}"] if item.story_url else []
    return "\n".join(line if line == url else _shortened(line) for line in lines)


def _shortened(line: str) -> str:
    return line if len(line) <= LINE_LENGTH else f"{line[: LINE_LENGTH - 1]}…"
