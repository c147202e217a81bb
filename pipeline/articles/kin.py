"""Say which blocks of a page are kin: what a theme put into one box, or built alike.

In: the page's blocks. Out: `Kin`: three ways to group them, each a number for every block; equal numbers are kin.
Hides nothing; pure. Trap: names are compared, never read; on a page without any, depth and element tell shapes apart.
"""

from collections.abc import Sequence

from pipeline.articles.blocks import Page

Kin = Sequence[Sequence[int]]


def kin_of(page: Page) -> Kin:
    """Group the blocks by the box around theirs, by their shape, and by their shape within their box's."""
    containers = page.containers
    inner = [containers[block.container] for block in page.blocks]
    boxes = [max(container.parent, 0) for container in inner]
    shapes = [container.shape for container in inner]
    count = len(containers)
    return boxes, shapes, [shape * count + containers[box].shape for shape, box in zip(shapes, boxes, strict=True)]
