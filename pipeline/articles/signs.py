"""Read what a page is built of, where its text is too short to be judged by itself.

In: the parsed page. Out: `Signs`. Hides the markup of consent managers, bot checks, logins, paywalls and players.
Names here are those of programs, never of sites. Trap: an article's page carries most of these too; a sign means
something only where there is next to no text.
"""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

_CONSENT = re.compile(
    r"__tcfapi|__cmp\b|onetrust|cookielaw|cookiebot|usercentrics|didomi|sourcepoint|privacy-mgmt|quantcast|trustarc"
    r"|iubenda|consentmanager|consensu\.org|cmp[-_./]|gdpr|cookie-?(?:wall|consent|banner)|consent",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"/cdn-cgi/challenge|challenges\.cloudflare|cf[-_]chl|turnstile|hcaptcha|recaptcha|captcha|geetest|datadome"
    r"|perimeterx|px-captcha|_incapsula|distil|akamai.*challenge|awswaf|ddos-guard|kasada",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"paywall|pay-wall|regwall|premium|subscri|abonn|metered|piano-|tp-container|locked|plus-?article", re.IGNORECASE
)
_PLAYER = re.compile(
    r"youtube|youtu\.be|vimeo|dailymotion|jwplayer|brightcove|kaltura|/player|/embed/video|rutube", re.IGNORECASE
)
_FREE = re.compile(r'"isAccessibleForFree"\s*:\s*(?:"?false"?)', re.IGNORECASE)
_ARTICLE_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|Report)"')
_VIDEO_TYPE = re.compile(r'"@type"\s*:\s*"VideoObject"')
_LOOKED_AT = 2_000  # characters of each script: loaders name themselves at once


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found; False where it was not."""

    consent: bool = False
    challenge: bool = False
    password: bool = False
    paid: bool = False
    not_free: bool = False  #: the page itself declares that its text is not free
    video: bool = False
    article: bool = False  #: the page declares itself an article
    choices: int = 0  #: buttons and the like


def read_signs(tree: HtmlElement) -> Signs:
    """Read the signs of a page."""
    machinery = " ".join(_machinery(tree))
    data = " ".join(script.text or "" for script in tree.iterfind('.//script[@type="application/ld+json"]'))
    names = " ".join(
        f"{element.get('class') or ''} {element.get('id') or ''}" for element in tree.iter("div", "section")
    )
    kind = _declared_kind(tree)
    inputs = [(field.get("type") or "").lower() for field in tree.iter("input")]
    return Signs(
        consent=bool(_CONSENT.search(f"{machinery} {names}")),
        challenge=bool(_CHALLENGE.search(f"{machinery} {names}")),
        password="password" in inputs,
        paid=bool(_PAID.search(names)),
        not_free=bool(_FREE.search(data)),
        video=_has_video(tree, data, kind),
        article=kind == "article" or bool(_ARTICLE_TYPE.search(data)),
        choices=sum(1 for _ in tree.iter("button")) + inputs.count("submit") + inputs.count("button"),
    )


def _machinery(tree: HtmlElement) -> list[str]:
    """Give what a page loads and runs: sources, targets of forms, beginnings of scripts."""
    found = [element.get("src") or "" for element in tree.iter("script", "iframe")]
    found += [form.get("action") or "" for form in tree.iter("form")]
    found += [(script.text or "")[:_LOOKED_AT] for script in tree.iter("script")]
    return found


def _declared_kind(tree: HtmlElement) -> str:
    for element in tree.iter("meta"):
        if element.get("property") == "og:type":
            return (element.get("content") or "").strip().lower()
    return ""


def _has_video(tree: HtmlElement, data: str, kind: str) -> bool:
    players = any(_PLAYER.search(frame.get("src") or "") for frame in tree.iter("iframe"))
    return (
        players
        or kind.startswith("video")
        or bool(_VIDEO_TYPE.search(data))
        or next(tree.iter("video"), None) is not None
    )
