"""How long a job may take, how long a row is lent to it, and how politely a host is asked.

In: the settings. Out: seconds, and a `Pace`. Apart from `workers.lanes`, so that who only asks this loads no queue.
Trap: a lease must outlive its job's limit.
"""

from config.settings import Settings
from pipeline.model import Pace

JOB_MARGIN_SECONDS = 30  #: for the store, the host's slot and an extractor that is busy
LEASE_MARGIN_SECONDS = 30  #: a lease outlives its job's limit, or the job's last write would come too late


def page_timeout_seconds(settings: Settings) -> int:
    """Say how long one page job may take: the request, the extraction, and a margin."""
    return int(settings.fetch.total_seconds + settings.worker.extract_seconds) + JOB_MARGIN_SECONDS


def delivery_timeout_seconds(settings: Settings) -> int:
    """Say how long one delivery job may take."""
    return int(settings.fetch.total_seconds) + JOB_MARGIN_SECONDS


def lease_seconds(timeout_seconds: int) -> int:
    """Say how long a row is lent to a job with that limit."""
    return timeout_seconds + LEASE_MARGIN_SECONDS


def pace_of(settings: Settings) -> Pace:
    """Give the politeness kept at one host."""
    return Pace(settings.fetch.host_gap_seconds, settings.fetch.host_concurrency)
