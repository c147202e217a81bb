"""From the bytes of a page to an article: decode, extract in a child process, decide."""

from pipeline.articles.article import article_from_feed, article_from_page
from pipeline.articles.decode import decode
from pipeline.articles.extractor import Extractor
from pipeline.articles.hint import Hint
from pipeline.articles.versions import find_version, fuller

__all__ = ["Extractor", "Hint", "article_from_feed", "article_from_page", "decode", "find_version", "fuller"]
