"""The process that extracts: one page after the other, until its parent hangs up.

In: on standard input, frames with pages; arguments: most megabytes, the parent's process id. Out: on standard
output, `READY` and then a frame for each page. Hides nothing. Trap: what it raises ends it, on purpose: the parent
counts the page as poison, and a process that ran out of memory is not to be trusted with another.
"""

import gc
import logging
import os
import sys
from typing import BinaryIO

from pipeline.articles.confine import confine
from pipeline.articles.extract import extract_page
from pipeline.articles.frames import READY, pack_extract, read_page
from pipeline.articles.shut_in import shut_in


def main(arguments: list[str]) -> None:
    """Extract pages until the input ends."""
    megabytes, parent_pid = map(int, arguments)
    confine(megabytes, parent_pid)
    shut_in()
    logging.disable(logging.CRITICAL)  # what a library finds odd about a page is nobody's concern
    collect_by_hand()
    answers = _take_standard_output()
    answers.write(READY)
    answers.flush()
    while (page := read_page(sys.stdin.buffer)) is not None:
        answers.write(pack_extract(extract_page(*page)))
        answers.flush()
        del page
        gc.collect(0)


def collect_by_hand() -> None:
    """Look for cycles between two pages only: within one they were looked for dozens of times, a fifteenth of all."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _take_standard_output() -> BinaryIO:
    """Keep the pipe for answers alone: what a library prints goes to standard error."""
    pipe = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(pipe, "wb")


if __name__ == "__main__":
    main(sys.argv[1:])
