"""What the exit code of `storywatch` says."""

from typing import Final

FAILED: Final = 1  #: it could not be done this time, such as a database that does not answer
UNUSABLE: Final = 2  #: what was given cannot work; the message says what to change
FOUND_WRONG: Final = 3  #: `doctor` found something to mend
