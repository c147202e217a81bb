"""A second, independent set of pages that are articles or answer in the place of one; the rules were not mended on it.

In: nothing. Out: `other_pages()`: name, what it is (a `Reason`, or None for an article), HTML. Eight languages that
made_pages.py has not, built as consent managers, bot checks, shops and themes build theirs. Trap: a
rule that fails here is a figure to report; whoever mends rules by these pages must write a third set.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.model import Reason

Site = dict[str, Any]
_NUMBER_OF_LINKS = 16


def other_pages() -> Iterator[tuple[str, Reason | None, str]]:
    """Give every page with its name and what it is."""
    sites = json.loads(Path(__file__).with_name("other_sites.json").read_text(encoding="utf-8"))
    for site in sites:
        for name, (kind, build) in _KINDS.items():
            yield f"{site['language']}: {name}", kind, build(site)


def _page(site: Site, title: str, body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{site["language"]}"><head><meta charset="utf-8"><title>{title}</title>'
        f"{head}</head><body>{body}</body></html>"
    )


def _framed(site: Site, title: str, body: str, head: str = "") -> str:
    """Put a page between the site's menu and its foot."""
    menu = "".join(f'<li><a href="/{word.casefold()}">{word}</a></li>' for word in site["headline"].split()[:5])
    return _page(site, title, f"<header><ul>{menu}</ul></header><main>{body}</main><footer>© 2026</footer>", head)


def _paragraphs(site: Site, count: int = 5) -> str:
    return "".join(f"<p>{said}</p>" for said in site["article"][:count])


def _article(site: Site) -> str:
    return _framed(site, site["headline"], f"<article><h1>{site['headline']}</h1>{_paragraphs(site)}</article>")


def _brief(site: Site) -> str:
    """Build a report of two paragraphs with a cookie banner, a login in the head and an offer to subscribe."""
    heading, said = site["consent"]
    banner = f'<div id="cmp"><b>{heading}</b><p>{said}</p><button>{site["accept"]}</button></div>'
    form = f'<form><input type="password"><button>{site["login"][0]}</button></form>'
    body = f"{form}<h1>{site['headline']}</h1>{_paragraphs(site, 2)}<aside>{site['paywall'][1]}</aside>{banner}"
    return _framed(site, site["headline"], body)


def _with_film(site: Site) -> str:
    film = '<iframe src="https://player.example/embed/9"></iframe><video></video>'
    return _framed(site, site["headline"], f"<h1>{site['headline']}</h1>{film}{_paragraphs(site)}")


def _cmp(site: Site) -> str:
    heading, said = site["consent"]
    loader = '<script src="https://cdn.privacy-mgmt.com/unified/wrapperMessagingWithoutDetection.js"></script>'
    body = f"<div role=dialog><h2>{heading}</h2><p>{said}</p><button>{site['accept']}</button></div>"
    return _page(site, heading, body + f"<a href='/c'>{site['refuse']}</a>", loader)


def _plain_consent(site: Site) -> str:
    heading, said = site["consent"]
    form = f"<form method=post><button>{site['accept']}</button><button>{site['refuse']}</button></form>"
    return _page(site, heading, f"<h1>{heading}</h1><p>{said}</p>{form}")


def _challenge(site: Site) -> str:
    heading, said = site["bot"]
    head = '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'
    return _page(site, heading, f"<h1>example.org</h1><p>{said}</p><noscript>JavaScript</noscript>", head)


def _puzzle(site: Site) -> str:
    heading, said = site["bot"]
    head = '<script src="https://geo.captcha-delivery.com/captcha/?cid=1"></script>'
    return _page(site, heading, f"<div><p>{heading}</p><p>{said}</p></div><iframe src='/captcha'></iframe>", head)


def _login(site: Site) -> str:
    heading, mail, password, forgotten, new = site["login"]
    form = (
        f"<form action='/session' method=post><label>{mail}</label><input type=email><label>{password}</label>"
        f"<input type=password><button>{heading}</button></form><a href='/f'>{forgotten}</a><a href='/n'>{new}</a>"
    )
    return _framed(site, heading, f"<h1>{heading}</h1>{form}")


def _paywall(site: Site) -> str:
    heading, said = site["paywall"]
    data = json.dumps({"@type": "NewsArticle", "headline": site["headline"], "isAccessibleForFree": False})
    wall = f'<div class="piano-offer"><h3>{heading}</h3><p>{said}</p></div>'
    body = f"<article><h1>{site['headline']}</h1>{_paragraphs(site, 1)}{wall}</article>"
    return _framed(site, site["headline"], body, f'<script type="application/ld+json">{data}</script>')


def _quiet_paywall(site: Site) -> str:
    heading, said = site["paywall"]
    wall = f'<section class="locked-content"><strong>{heading}</strong><p>{said}</p><a href="/abo">→</a></section>'
    return _framed(site, site["headline"], f"<h1>{site['headline']}</h1>{_paragraphs(site, 1)}{wall}")


def _missing(site: Site) -> str:
    heading, said = site["missing"]
    return _framed(site, heading, f"<h1>{heading}</h1><p>{said}</p><form><input name=q></form>")


def _missing_with_links(site: Site) -> str:
    heading, said = site["missing"]
    links = "".join(f'<li><a href="/{n}">{line[:60]}</a></li>' for n, line in enumerate(site["article"]))
    return _framed(site, f"404 - {heading}", f"<h1>404</h1><h2>{heading}</h2><p>{said}</p><ul>{links}</ul>")


def _topic(site: Site) -> str:
    lines = [line[:70] for line in site["article"]] * 4
    cards = "".join(
        f'<div><h3><a href="/2026/{n}">{n}. {line}</a></h3><time>{n % 28 + 1}.3.2026</time></div>'
        for n, line in enumerate(lines[:_NUMBER_OF_LINKS])
    )
    return _framed(site, site["topic"], f"<h1>{site['topic']}</h1>{cards}")


def _film(site: Site) -> str:
    head = '<meta property="og:type" content="video.other">'
    return _framed(site, site["video"], f"<h1>{site['video']}</h1><video src=/v.mp4></video><p>0:48</p>", head)


def _film_in_frame(site: Site) -> str:
    frame = '<iframe src="https://www.youtube.com/embed/abc"></iframe>'
    return _framed(site, site["video"], f"<h1>{site['video']}</h1>{frame}<p>{site['article'][0]}</p>")


_KINDS: dict[str, tuple[Reason | None, Callable[[Site], str]]] = {
    "article": (None, _article),
    "brief report among offers": (None, _brief),
    "article with a film": (None, _with_film),
    "consent manager": (Reason.CONSENT_WALL, _cmp),
    "plain consent page": (Reason.CONSENT_WALL, _plain_consent),
    "challenge": (Reason.BOT_CHECK, _challenge),
    "puzzle": (Reason.BOT_CHECK, _puzzle),
    "login": (Reason.LOGIN_WALL, _login),
    "declared paywall": (Reason.PAYWALL, _paywall),
    "quiet paywall": (Reason.PAYWALL, _quiet_paywall),
    "missing page": (Reason.SOFT_404, _missing),
    "missing page with links": (Reason.SOFT_404, _missing_with_links),
    "topic page": (Reason.INDEX_PAGE, _topic),
    "film": (Reason.VIDEO_STUB, _film),
    "film in a frame": (Reason.VIDEO_STUB, _film_in_frame),
}
