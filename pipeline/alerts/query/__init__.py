"""The query language: what may be written, how it is read, and when an article meets it.

The language, for docs/queries.md: words side by side must all occur, in title or text (`AND` may be written);
`OR`, `NOT` and `-` in front of a word; parentheses; "phrases in double quotation marks" stand side by side.
Operators are in capitals. NOT binds before AND, AND before OR. Case and accents do not count.
"""
