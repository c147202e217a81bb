"""Grow the forest that tells articles from what surrounds them, and say how good it is on pages it never saw.

In: the pages with gold text beside the checkout. Out: `pipeline/articles/forest.json` and a table. Run it with
`python -m benchmarks.text_model`; it needs lightgbm and numpy, which the product does not.
"""
