"""Give what a query may ask of an article.

In: an `Article` and where it came from. Out: `Matchable`. Pure. Trap: feed and folder are those of the feed whose
entry became the article; another feed that showed the same page is not asked.
"""

from pipeline.model import Article, Matchable


def matchable(article: Article, feed: str = "", folder: str = "") -> Matchable:
    """Put the record together that queries are asked of."""
    return Matchable(
        title=article.title,
        text=article.text,
        site=article.site,
        outlet=article.outlet,
        feed=feed,
        folder=folder,
        language=article.language,
        author=article.byline,
        url=article.url,
        published_at=article.published_at,
        seen_at=article.first_seen_at,
    )
