"""Blocks that are built alike are judged together."""

from pipeline.articles.blocks import Page, read_page
from pipeline.articles.forest import in_context
from pipeline.articles.kin import kin_of
from pipeline.articles.parse import parse

HTML = (
    '<div class="c1"><p class="c2">one</p><p class="c2">two</p><p>three</p></div>'
    '<div class="c3"><p class="c2">four</p></div><div class="c3"><p class="c2">five</p></div>'
)


def page_of(html: str) -> Page:
    tree = parse(f"<html><body>{html}</body></html>")
    assert tree is not None
    return read_page(tree)


def groups(numbers: list[int]) -> list[list[int]]:
    """Give the places that have one number, in order."""
    return [[place for place, other in enumerate(numbers) if other == number] for number in dict.fromkeys(numbers)]


def test_kin_share_a_box_a_shape_or_both() -> None:
    """By the box around them, by what they are, and by that within boxes of one shape."""
    boxes, shapes, nested = (groups(list(each)) for each in kin_of(page_of(HTML)))
    assert boxes == [[0, 1, 2], [3], [4]]
    assert shapes == [[0, 1, 3, 4], [2]]
    assert nested == [[0, 1], [2], [3, 4]]


def test_without_names_depth_and_element_tell_shapes_apart() -> None:
    """A theme with no names at all still has kin."""
    boxes, shapes, nested = (
        groups(list(each)) for each in kin_of(page_of("<div><p>one</p><h2>two</h2></div><p>three</p>"))
    )
    assert boxes == [[0, 1], [2]]
    assert shapes == nested == [[0], [1], [2]]


def test_a_block_is_judged_by_the_mean_of_its_kin() -> None:
    """What the first round said of kin is weighed by length and given to each of them."""
    rows = in_context([[0.0]] * 3, [10, 30, 5], [[0, 0, 1]], [1.0, 0.2, 0.5], ())
    assert [row[-1] for row in rows] == [0.4, 0.4, 0.5]
