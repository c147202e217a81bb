"""Pages end to end with the product itself, against bare trafilatura and against news-please.

`published` gives the pages, `ours` runs `storywatch run` on them, `bare` and `newsplease` are the others, `timed` is
what each of them gives, `__main__` prints the rows. Trap: real pages lie beside the checkout; without them pages are
made up, whose figures say little of real ones.
"""
