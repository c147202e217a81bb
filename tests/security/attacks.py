"""What the attacker's site says, each page to make some feature ask an inner address.

In: host and path. Out: `Reply`. Pure. Trap: an attack that nobody walks into proves nothing; `BAIT` names the addresses
that the product must have asked for the run to count.
"""

from pathlib import Path

from tests.security.canaries import PUBLIC, Reply

#: Spellings of inner addresses, in both families and by name; `inside.example` is in the hosts file.
TARGETS = (
    "127.0.0.1",
    "localhost",
    "10.1.2.3",
    "172.16.9.9",
    "192.168.7.7",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",  # noqa: S104 - a target, not what we listen on
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:10.1.2.3]",
    "[64:ff9b::a01:203]",
    "[2002:a01:203::1]",
    "inside.example",
    "inside.example:8080",
)
HOSTS = f"""127.0.0.1 localhost
{PUBLIC} evil.example robots.example hook.example
10.1.2.3 inside.example
"""
WORD = "lantern"
#: Keys in addresses, which logs, pages, lists and exports must never show.
FEED_KEY, HOOK_KEY, SIGNING_KEY = "canary7fQx", "canary8hQx", "Q2FuYXJ5OXNReENhbmFyeTlzUXhDYW5hcnk5c1F4"
FEEDS = ("pages", "archive", "hub", "sitemap", "robots")
#: What must have been asked at the attacker's site, for each feature that sends.
BAIT = (
    *(f"evil.example/feed/{name}" for name in FEEDS),
    *(f"evil.example/feed/to/{number}" for number in range(len(TARGETS))),
    *(f"evil.example/page/to/{number}" for number in range(len(TARGETS))),
    "evil.example/page/good",
    "robots.example/robots.txt",
    "evil.example/site",
    f"hook.example/webhook?key={HOOK_KEY}",
    f"evil.example/feed/keyed?token={FEED_KEY}",
    "hook.example/",  # ntfy posts to the root
)
_STORY = " ".join(f"The {WORD} of the northern pier was lit again on day {n} of the repairs." for n in range(30))
_ITEM = "<item><guid>{link}</guid><title>{title}</title><link>{link}</link><description>{title}</description></item>"
_NAMES = 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'


def answer(asked: str) -> Reply:
    """Give the attacker's answer."""
    host, _, path = asked.partition("/")
    if host == "hook.example":
        return Reply(status=307, location=f"http://{TARGETS[2]}/{path}")
    if path == "robots.txt":
        return (
            Reply(status=302, location="http://10.1.2.3/robots.txt") if host == "robots.example" else Reply(status=404)
        )
    if "/to/" in path:
        return Reply(status=302, location=f"http://{TARGETS[int(path.rpartition('/')[2])]}/{path}")
    if path.startswith("feed/"):
        return Reply(_feed(path.removeprefix("feed/").partition("?")[0]), "application/rss+xml")
    return Reply(_site()) if path.startswith("site") else Reply(_page())


def _feed(name: str) -> str:
    links = {
        "pages": [*_direct("page"), *(f"http://evil.example/page/to/{n}" for n in range(len(TARGETS)))],
        "robots": ["http://robots.example/page"],
    }.get(name, [f"http://evil.example/page/{name}"])
    if name == "pages":
        links.append("http://evil.example/page/good")
    extra = {
        "archive": "".join(f'<atom:link rel="prev-archive" href="{url}"/>' for url in _direct("archive")[:1]),
        "hub": "".join(f'<atom:link rel="hub" href="{url}"/>' for url in _direct("hub"))
        + '<atom:link rel="self" href="http://evil.example/feed/hub"/>',
    }.get(name, "")
    if name == "sitemap":
        inner = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in _direct("sitemap"))
        return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>'
    items = "".join(_ITEM.format(link=link, title=f"A {WORD} {number}") for number, link in enumerate(links))
    return f'<rss version="2.0" {_NAMES}><channel><title>{name}</title>{extra}{items}</channel></rss>'


def _site() -> str:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{url}">' for url in _direct("found"))
    return f'<html><head><title>Site</title>{links}<link rel="icon" href="http://10.1.2.3/icon"></head><body>x</body></html>'


def _page() -> str:
    inner = "http://10.1.2.3/inner"
    head = f'<link rel="canonical" href="{inner}"><link rel="amphtml" href="{inner}"><base href="{inner}">'
    picture = f'<meta property="og:image" content="{inner}"><meta http-equiv="refresh" content="0; url={inner}">'
    frames = f'<img src="{inner}"><iframe src="{inner}"></iframe>'
    body = f"<article><h1>The {WORD} is lit</h1><p>{_STORY}</p></article>{frames}"
    return f"<html><head><title>The {WORD} is lit</title>{head}{picture}</head><body>{body}</body></html>"


def _direct(name: str) -> list[str]:
    return [f"http://{target}/{name}/{number}" for number, target in enumerate(TARGETS)]


def write_configuration(folder: Path, port: int) -> None:
    """Write settings, feeds and subscriptions that a careless owner might have into a new folder."""
    folder.mkdir()
    direct = [*_direct("feed"), *(f"http://evil.example/feed/to/{n}" for n in range(len(TARGETS)))]
    keyed = f"http://evil.example/feed/keyed?token={FEED_KEY}"
    urls = [*(f"http://evil.example/feed/{name}" for name in FEEDS), keyed, *direct]
    outlines = "".join(f'<outline type="rss" text="f" xmlUrl="{url}"/>' for url in urls)
    (folder / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', encoding="utf-8")
    channels = {
        "file": ("file", "path", "alerts.jsonl"),
        "hooked": ("webhook", "url", f"http://hook.example/webhook?key={HOOK_KEY}"),
        "inner": ("webhook", "url", "http://10.1.2.3/webhook"),
        "chat": ("chat", "url", "ntfy://hook.example/topic"),
        "innerchat": ("chat", "url", "ntfy://10.1.2.3/topic"),
    }
    secret = f'secret = "whsec_{SIGNING_KEY}"'
    settings = [
        '[fetch]\nhost_gap_seconds = 0\ncontact = "http://evil.example/"\n',
        f"[web]\nport = {port}\n[feeds]\nimport_hours = 87600\n",
    ]
    for name, (kind, key, value) in channels.items():
        settings.append(
            f'[channels.{name}]\ntype = "{kind}"\n{key} = "{value}"\n{secret if kind == "webhook" else ""}\n'
        )
    (folder / "storywatch.toml").write_text("\n".join(settings), encoding="utf-8")
    names = ", ".join(f'"{name}"' for name in channels)
    subscription = f'[[subscription]]\nname = "Light"\nquery = "{WORD}"\nchannels = [{names}]\n'
    (folder / "subscriptions.toml").write_text(subscription, encoding="utf-8")
