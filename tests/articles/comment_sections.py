"""Pages of our own with readers' comments below the article, built in many ways.

In: nothing. Out: `commented_pages()`: name, the article's sentences, what readers said, HTML. Five languages; sections
with telling names, with names that say nothing and with none at all; in a box of their own and among the article's own
paragraphs. `pages_without()` gives pages whose text is built like comments and is the article.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Comment(NamedTuple):
    """What a reader said."""

    name: str
    time: str
    said: str


@dataclass(frozen=True)
class Paper:
    """What a paper of one language prints and what its readers write."""

    language: str
    headline: str
    article: tuple[str, ...]
    label: str
    reply: str
    comments: tuple[Comment, ...]


def _papers() -> tuple[Paper, ...]:
    """Read what the papers print."""
    said = json.loads(Path(__file__).with_name("commented_papers.json").read_text(encoding="utf-8"))
    return tuple(Paper(**one | {"comments": tuple(Comment(*c) for c in one["comments"])}) for one in said)


PAPERS = _papers()
Build = Callable[[Paper], str]


def _boxes(paper: Paper) -> str:
    return "".join(
        f'<div class="x3"><div class="x4"><span>{name}</span> <span>{time}</span></div><div class="x5">{said}</div>'
        f'<div class="x6"><a href="#r">{paper.reply}</a></div></div>'
        for name, time, said in paper.comments
    )


def _named(paper: Paper) -> str:
    items = "".join(
        f'<li class="comment"><cite>{name}</cite><time>{time}</time><p>{said}</p></li>'
        for name, time, said in paper.comments
    )
    return f'<div id="comments" class="comments-area"><h3>{paper.label}</h3><ol class="comment-list">{items}</ol></div>'


def _bold_paragraphs(paper: Paper) -> str:
    return "".join(f"<p><b>{name}</b>: {said}</p>" for name, _, said in paper.comments)


def _two_paragraphs(paper: Paper) -> str:
    return "".join(f"<p><b>{name}</b> {time}</p><p>{said}</p>" for name, time, said in paper.comments)


def _lines(paper: Paper) -> str:
    return "".join(f"<i>{name}:</i> {said}<br>" for name, _, said in paper.comments)


def _threads(paper: Paper) -> str:
    first, *others = (
        f"<li><strong>{name}</strong><br>{time}<p>{said}</p><a href='#a'>{paper.reply}</a>"
        for name, time, said in paper.comments
    )
    return f"<ol>{first}<ol>{'</li>'.join(others)}</li></ol></li></ol>"


def _definitions(paper: Paper) -> str:
    return "<dl>" + "".join(f"<dt>{name}, {time}</dt><dd>{said}</dd>" for name, time, said in paper.comments) + "</dl>"


def _table(paper: Paper) -> str:
    rows = "".join(f"<tr><td>{name}<br>{time}</td><td>{said}</td></tr>" for name, time, said in paper.comments)
    return f"<table>{rows}</table>"


def _headed(paper: Paper) -> str:
    return "".join(
        f"<div><h5>{name} <small>{time}</small></h5><p>{said}</p></div>" for name, time, said in paper.comments
    )


def _ruled(paper: Paper) -> str:
    return "".join(f"<hr>{name} ({time})<br>{said}" for name, time, said in paper.comments)


def _signed(paper: Paper) -> str:
    return "".join(f"<blockquote>{said}<br>- {name}, {time}</blockquote>" for name, time, said in paper.comments)


BUILDS: dict[str, Build] = {
    "named": _named,
    "boxes": _boxes,
    "bold paragraphs": _bold_paragraphs,
    "two paragraphs": _two_paragraphs,
    "lines": _lines,
    "threads": _threads,
    "definitions": _definitions,
    "table": _table,
    "headed": _headed,
    "ruled": _ruled,
    "signed": _signed,
}


def _paragraphs(paper: Paper) -> str:
    return "".join(f"<p>{sentence}</p>" for sentence in paper.article)


def _broken(paper: Paper) -> str:
    return "".join(f"{sentence}<br><br>" for sentence in paper.article)


def _boxed(paper: Paper, said: str) -> str:
    label = f"<h3>{paper.label} ({len(paper.comments)})</h3>"
    return f'<div class="x1"><div class="x2">{_paragraphs(paper)}</div><div class="x7">{label}{said}</div></div>'


def _among(paper: Paper, said: str) -> str:
    label = f"<p><b>{paper.label}</b></p>"
    return f"<div>{_paragraphs(paper)}<hr>{label}{said}<form><textarea></textarea></form></div>"


def _old(paper: Paper, said: str) -> str:
    return (
        f"<table><tr><td>{_broken(paper)}<hr><font size=2><b>{paper.label}</b><br>{said}</font></td></tr></table>"
        "<center><font size=1>1204</font></center>"
    )


FRAMES: dict[str, Callable[[Paper, str], str]] = {"boxed": _boxed, "among": _among, "old": _old}


def _page(paper: Paper, body: str) -> str:
    menu = "".join(f'<li><a href="/{number}">{paper.label} {number}</a></li>' for number in range(6))
    return (
        f'<html lang="{paper.language}"><head><title>{paper.headline}</title></head><body><ul>{menu}</ul>'
        f"<h1>{paper.headline}</h1>{body}<p>© 2026</p></body></html>"
    )


def commented_pages() -> Iterator[tuple[str, Paper, str]]:
    """Give every page with its name and its paper."""
    for paper in PAPERS:
        for build, section in BUILDS.items():
            for frame, around in FRAMES.items():
                yield f"{paper.language}: {build}, {frame}", paper, _page(paper, around(paper, section(paper)))


def pages_without() -> Iterator[tuple[str, Sequence[str], str]]:
    """Give pages that only look as if: name, what must stay, HTML."""
    for paper in PAPERS:
        half = len(paper.article) // 2
        lead = "".join(f"<p>{sentence}</p>" for sentence in paper.article * 2)
        first, second = (comment.name for comment in paper.comments[:2])
        talk = "".join(
            f"<p><b>{(first, second)[index % 2]}:</b> {sentence}</p>" for index, sentence in enumerate(paper.article)
        )
        kept = [*paper.article]
        yield f"{paper.language}: interview", kept, _page(paper, f"<div>{lead}{talk}</div>")
        sections = "".join(
            f"<h2>{name}</h2><p>{paper.article[index]}</p><p>{paper.article[index + half]}</p>"
            for index, (name, _, _) in enumerate(paper.comments)
        )
        yield f"{paper.language}: sections", kept[:1], _page(paper, f"<div>{lead}{sections}</div>")
        ticker = "".join(
            f"<div><span>1{index}:0{index}</span><p>{sentence}</p></div>"
            for index, sentence in enumerate(paper.article)
        )
        yield f"{paper.language}: ticker", kept, _page(paper, f"<div>{lead[: len(lead) // 2]}</div><div>{ticker}</div>")
