"""The query language: what may be written, how it is read, and when an article meets it.

In: a query as typed (docs/queries.md). Out: a tree, the keys an index files it under, yes or no with the places that
show why. Pure. Trap: words are compared folded; what capitals and accents say is asked only by `case:` and its like.
`syntax.py` reads, `tree.py` is what is read, `words.py` and `evaluate.py` ask an article, `keys.py` serves the index.
"""
