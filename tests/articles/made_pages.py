"""Pages of our own making, labelled with what they are: articles, and all that answers in the place of one.

In: nothing. Out: `made_pages()`: name, what it is (a `Reason`, or None for an article), HTML. Seven languages, several
builds of each kind. The texts share no sentence with the words the gate knows; some articles tell news about cookies,
passwords and robots, are short, or carry a consent banner, a login form and a player.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Reason


@dataclass(frozen=True)
class Words:
    """What a site of one language says."""

    language: str
    article: tuple[str, ...]
    headline: str
    tricky: tuple[str, str]  #: headline and text of an article about the machinery of walls
    menu: tuple[str, ...]
    consent: tuple[str, str]
    bot: tuple[str, str]
    login: tuple[str, str]
    paywall: str
    missing: tuple[str, str]
    teasers: tuple[str, ...]
    video: str


def _sites() -> list[Words]:
    """Read the words of the sites."""
    said = json.loads(Path(__file__).with_name("made_sites.json").read_text(encoding="utf-8"))
    return [Words(**site) for site in said]


def made_pages() -> Iterator[tuple[str, Reason | None, str]]:
    """Give every page with its name and what it is."""
    for words in _sites():
        for name, kind, html in _pages(words):
            yield f"{words.language}: {name}", kind, html


def _pages(words: Words) -> Iterator[tuple[str, Reason | None, str]]:
    yield from _articles(words)
    for bare in (True, False):
        build = "bare" if bare else "within the site"
        yield f"consent wall, {build}", Reason.CONSENT_WALL, _consent(words, bare)
        yield f"bot check, {build}", Reason.BOT_CHECK, _bot(words, bare)
        yield f"login, {build}", Reason.LOGIN_WALL, _login(words, bare)
        yield f"missing page, {build}", Reason.SOFT_404, _missing(words, bare)
        yield f"video stub, {build}", Reason.VIDEO_STUB, _video(words, bare)
        yield f"paywall, {build}", Reason.PAYWALL, _paywall(words, bare)
        yield f"topic page, {build}", Reason.INDEX_PAGE, _topic(words, bare)


def _articles(words: Words) -> Iterator[tuple[str, Reason | None, str]]:
    whole = "".join(f"<p>{said}</p>" for said in words.article)
    brief = f"<p>{words.article[0]}</p><p>{words.article[1]}</p>"
    title, told = words.tricky
    banner = f'<div id="onetrust-banner"><p>{words.consent[1]}</p><button>OK</button></div>'
    form = '<form action="/login"><input name="mail"><input type="password" name="p"><button>→</button></form>'
    player = '<iframe src="https://www.youtube.com/embed/x1"></iframe>'
    yield "article", None, _site(words, words.headline, _story(words.headline, whole))
    yield "brief with a banner", None, _site(words, words.headline, _story(words.headline, brief) + banner)
    yield "brief with a login in its header", None, _site(words, words.headline, form + _story(words.headline, brief))
    yield "article with a player", None, _site(words, words.headline, _story(words.headline, player + whole))
    yield "article about walls", None, _site(words, title, _story(title, f"<p>{told}</p>"))
    yield (
        "article with an offer below",
        None,
        _site(
            words,
            words.headline,
            _story(words.headline, whole + f"<p>{told}</p>") + f'<div class="subscribe">{words.paywall}</div>',
        ),
    )


def _story(title: str, body: str) -> str:
    return f'<div class="k3"><h1>{title}</h1><div class="k4">{body}</div></div>'


def _site(words: Words, title: str, body: str, head: str = "") -> str:
    menu = "".join(f'<li><a href="/{index}">{name}</a></li>' for index, name in enumerate(words.menu))
    return (
        f'<html lang="{words.language}"><head><title>{title}</title>{head}</head><body><nav><ul>{menu}</ul></nav>{body}'
        f"<footer><p>© 2026 {words.menu[-1]}</p></footer></body></html>"
    )


def _bare(words: Words, title: str, body: str, head: str = "") -> str:
    return f'<html lang="{words.language}"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def _page(words: Words, bare: bool, title: str, body: str, head: str = "") -> str:
    return (_bare if bare else _site)(words, title, body, head)


def _consent(words: Words, bare: bool) -> str:
    title, said = words.consent
    body = f'<div class="cmp-box"><h2>{title}</h2><p>{said}</p><button>1</button><button>2</button></div>'
    return _page(words, bare, title, body, "<script>window.__tcfapi=function(){}</script>")


def _bot(words: Words, bare: bool) -> str:
    title, said = words.bot
    script = '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>' if bare else ""
    return _page(words, bare, title, f"<main><h1>{title}</h1><p>{said}</p></main>", script)


def _login(words: Words, bare: bool) -> str:
    title, said = words.login
    form = '<form method="post"><input name="m"><input type="password" name="p"><input type="submit"></form>'
    return _page(words, bare, title, f"<div><h1>{title}</h1><p>{said}</p>{form}</div>")


def _missing(words: Words, bare: bool) -> str:
    title, said = words.missing
    return _page(words, bare, f"404 {title}" if bare else title, f"<div><h1>{title}</h1><p>{said}</p></div>")


def _video(words: Words, bare: bool) -> str:
    body = f'<h1>{words.video}</h1><iframe src="https://www.youtube.com/embed/x1"></iframe><p>{words.video}.</p>'
    return _page(words, bare, words.video, body, '<meta property="og:type" content="video.other">')


def _paywall(words: Words, bare: bool) -> str:
    data = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    wall = f'<div class="paywall-box"><p>{words.paywall}</p></div>'
    return _page(
        words, bare, words.headline, _story(words.headline, f"<p>{words.article[0]}</p>") + wall, data if bare else ""
    )


def _topic(words: Words, bare: bool) -> str:
    titles = [f"{title} {number}" for number in (1, 2, 3) for title in words.teasers]
    rows = "".join(
        f'<div class="k7"><h3><a href="/n/{index}">{title}</a></h3>'
        + ("" if bare else f"<p>{words.video}…</p>")
        + "</div>"
        for index, title in enumerate(titles)
    )
    return _page(words, bare, words.menu[1], f"<h1>{words.menu[1]}</h1><div>{rows}</div>")
