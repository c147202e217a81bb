"""The page the product was thought up from, wrapped in HTML as blogs build it.

In: the text of data/seed/kursk-page.txt. Out: a page with headline, article, visit counter, related teasers and a
comment box. `theme` uses the class names of a usual WordPress theme; `opaque` uses names that tell nothing, once
with the parts in boxes of their own and once (`flat`) with everything side by side in one.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Literal

Style = Literal["theme", "opaque", "flat"]
URL = "https://news.example/2025/04/27/kremlin-claims-kursk/"
_COUNTER = "Visited "
_LABEL = "Related Article"


def read_seed(shared_data: Path) -> str:
    """Read the page's text."""
    return (shared_data / "seed" / "kursk-page.txt").read_text(encoding="utf-8")


def wrap(text: str, style: Style = "theme") -> str:
    """Build the page; raises ValueError if the text has not the parts it should have."""
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    counter = next(index for index, part in enumerate(parts) if part.startswith(_COUNTER))
    label = parts.index(_LABEL)
    teasers = parts[label + 1 : -1]
    pairs = list(zip(teasers[::2], teasers[1::2], strict=True))
    build = {"theme": _theme, "opaque": _opaque, "flat": _flat}[style]
    body = build(parts[0], parts[1:counter], parts[counter], pairs, parts[-1].splitlines())
    return (
        f'<!DOCTYPE html><html lang="en-US"><head><meta charset="utf-8"><title>{escape(parts[0])} - Example</title>'
        f'<meta property="og:site_name" content="Example"><link rel="canonical" href="{URL}"></head>'
        f"<body>{body}</body></html>"
    )


def _paragraphs(lines: Sequence[str], attributes: str = "") -> str:
    return "".join(f"<p{attributes}>{escape(line)}</p>" for line in lines)


def _slug(title: str) -> str:
    return "/" + "-".join("".join(c if c.isalnum() else " " for c in title.casefold()).split()) + "/"


def _theme(
    title: str, article: Sequence[str], counter: str, teasers: Sequence[tuple[str, str]], box: Sequence[str]
) -> str:
    related = "".join(
        f'<div class="jeg_post jeg_pl_md_2"><div class="jeg_postblock_content"><h3 class="jeg_post_title">'
        f'<a href="{_slug(head)}">{escape(head)}</a></h3><div class="jeg_post_excerpt"><p>{escape(teaser)}</p></div>'
        "</div></div>"
        for head, teaser in teasers
    )
    return (
        '<header class="site-header"><nav class="main-navigation"><ul class="menu"><li class="menu-item">'
        '<a href="/">Home</a></li><li class="menu-item"><a href="/world/">World</a></li></ul></nav></header>'
        f'<main class="site-main"><article class="post type-post hentry"><header class="entry-header">'
        f'<h1 class="entry-title">{escape(title)}</h1></header>'
        f'<div class="entry-content">{_paragraphs(article)}'
        f'<div class="post-views content-post post-views-counter">{escape(counter)}</div></div>'
        f'<div class="related-posts"><h3 class="related-title">{_LABEL}</h3>{related}</div>'
        f'<div id="comments" class="comments-area"><div class="wpdiscuz-form">{_box(box)}</div></div>'
        '</article></main><footer class="site-footer"><p>© Example</p></footer>'
    )


def _opaque(
    title: str, article: Sequence[str], counter: str, teasers: Sequence[tuple[str, str]], box: Sequence[str]
) -> str:
    related = "".join(
        f'<div class="c6"><h4><a href="{_slug(head)}">{escape(head)}</a></h4><p>{escape(teaser)}</p></div>'
        for head, teaser in teasers
    )
    return (
        f'<div class="c1"><h1 class="c2">{escape(title)}</h1><div class="c3">{_paragraphs(article)}</div>'
        f'<div class="c4">{escape(counter)}</div><div class="c5"><h3>{_LABEL}</h3>{related}</div>'
        f'<div class="c7">{_box(box)}</div></div>'
    )


def _flat(
    title: str, article: Sequence[str], counter: str, teasers: Sequence[tuple[str, str]], box: Sequence[str]
) -> str:
    related = "".join(
        f'<h4><a href="{_slug(head)}">{escape(head)}</a></h4><p>{escape(teaser)}</p>' for head, teaser in teasers
    )
    return (
        f'<div class="c1"><h1>{escape(title)}</h1>{_paragraphs(article)}<p>{escape(counter)}</p>'
        f"<h3>{_LABEL}</h3>{related}{_box(box)}</div>"
    )


def _box(lines: Sequence[str]) -> str:
    words = "".join(f'<div class="c8">{escape(line)}</div>' for line in lines)
    return f'<div class="c9">{words}<form action="/c" method="post"><textarea name="c"></textarea></form></div>'
