"""Which calls a job may ask for: a name from a closed list, whole numbers, and a payload version we know.

In: the bytes of a job's `data` field, as they stood in Redis. Out: a `Call`, or `JobForbidden` with the reason.
Hides nothing: plain JSON. Trap: RQ would import any dotted path that stands there (`os.system`); so the name is
only ever looked up in the worker's own mapping, and never handed to RQ.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from rq.exceptions import NoSuchJobError

PAYLOAD_VERSION = 1
KNOWN_VERSIONS = frozenset({PAYLOAD_VERSION})
DATA_BYTES = 4096  #: ids, a token and a name need under 100; also bounds what zlib can inflate to 4 MB
MOST_ARGUMENTS = 4


class JobForbidden(NoSuchJobError):
    """A job that we did not write or no longer understand; it is set aside and never run.

    A kind of `NoSuchJobError`, because RQ's own maintenance steps over those and stops at anything else.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """A function from the allow-list and its arguments: ids and tokens."""

    function: str
    args: tuple[int, ...]


def read_call(data: bytes, functions: Collection[str]) -> Call:
    """Read `[name, null, [integers], {"version": n}]`; anything else is forbidden.

    Unknown names and versions are forbidden too: they come from a newer or older release whose jobs were
    still queued (checklist R37), and their rows are returned by the sweeper.
    """
    try:
        payload = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise JobForbidden("the payload is not JSON") from error
    if not isinstance(payload, list) or len(payload) != 4:
        raise JobForbidden("the payload is not a call")
    name, instance, args, options = payload
    if not isinstance(name, str) or name not in functions:
        raise JobForbidden(f"the function {str(name)[:80]!r} is not on the list")
    if instance is not None or not _are_numbers(args):
        raise JobForbidden("the arguments are not ids")
    _check_version(options)
    return Call(name, tuple(args))


def _are_numbers(args: object) -> bool:
    return isinstance(args, list) and len(args) <= MOST_ARGUMENTS and all(type(arg) is int for arg in args)


def _check_version(options: object) -> None:
    if not isinstance(options, dict) or set(options) != {"version"}:
        raise JobForbidden("the payload names no version")
    version = options["version"]
    if type(version) is not int or version not in KNOWN_VERSIONS:
        raise JobForbidden(f"payload version {str(version)[:20]} is not known here")
