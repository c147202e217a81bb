"""What is blotted out of an address, and what is not."""

import pytest

from pipeline.masking import MASK, has_secret, masked_text, masked_url

CANARY = "c4n4ryK3y9xQ7w2Z"

SECRET = [
    f"https://user:{CANARY}@example.org/feed",
    f"https://{CANARY}@example.org/feed",
    f"https://example.org/feed?token={CANARY}",
    "https://example.org/feed?lang=de&api_key=short",
    f"https://example.org/feed?accessToken={CANARY}&page=2",
    f"https://example.org/feed?X-Amz-Signature={CANARY}",
    f"https://example.org/feed?x={CANARY}",
    f"https://example.org/private/{CANARY}/rss.xml",
    f"https://example.org/feeds/{CANARY}.xml",
    "https://example.org/feed/f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    f"https://example.org/feed#key={CANARY}",
    f"https://[broken?token={CANARY}",
]

PLAIN = [
    "https://example.org/feed.xml",
    "https://example.org:8443/2026/11/24/a-long-title-of-nine-words-and-a-number-19",
    "https://example.org/?feed=rss2&cat=12&lang=de",
    "https://video.example/feeds/videos.xml?channel_id=UCx1y2Z3a4B5c6D7e8F9g0H1",
    "https://example.org/alerts/feeds/12345678901234567890/9876543210987654321",
    "https://example.org/politik/covid19-massnahmen-2026-update",
    "https://example.org/rss/InternationalNews",
    "https://example.org/search?q=storm+OR+flood",
    "https://b\u00fccher.example/feed",
    "https://example.org/",
    "",
    "no address",
]


@pytest.mark.parametrize("url", SECRET)
def test_secrets_are_masked(url: str) -> None:
    """S21: user, password, keys by name and keys by look; the host stays, so that one knows what it is."""
    masked = masked_url(url)
    assert MASK in masked
    assert CANARY not in masked
    assert "short" not in masked
    assert "f81d4fae" not in masked
    assert "example.org" in masked or "broken" in masked
    assert has_secret(url)
    assert masked_url(masked) == masked


@pytest.mark.parametrize("url", PLAIN)
def test_plain_addresses_are_left_alone(url: str) -> None:
    """S21: numbers, titles, channels and languages are no secrets, and the list stays readable."""
    assert masked_url(url) == url
    assert not has_secret(url)


def test_addresses_inside_a_text_are_masked() -> None:
    """S21: error texts name addresses, too."""
    text = f"3 redirects, the last to https://example.org/a?token={CANARY}, then <https://u:{CANARY}@example.org/>"
    assert CANARY not in masked_text(text)
    assert (
        masked_text("not done after 30 s: https://example.org/feed") == "not done after 30 s: https://example.org/feed"
    )
