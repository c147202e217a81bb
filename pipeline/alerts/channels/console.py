"""Write an alert to standard output.

In: a delivery. Out: the answer in words, or Transient. Trap: titles may carry terminal escapes; what is written
comes from `message`, which drops them.
"""

import sys

from pipeline.alerts.message import plain_text
from pipeline.errors import Transient
from pipeline.model import DeliveryTask, Reason


def print_alert(task: DeliveryTask) -> str:
    """Write one alert as a short block; characters the terminal cannot show become `?`."""
    encoding = sys.stdout.encoding or "utf-8"
    block = f"{plain_text(task)}\n".encode(encoding, "replace").decode(encoding)
    try:
        sys.stdout.write(block)
        sys.stdout.flush()
    except (OSError, ValueError) as error:  # ValueError: standard output was closed
        raise Transient(Reason.RECEIVER_UNAVAILABLE, "standard output cannot be written") from error
    return "written to standard output"
