"""Make the queue's client from the settings; apart from `cli.wiring`, so that the poller need not load Redis."""

from redis import Redis

from cli.wiring import data_dir
from config.settings import Settings
from workers.queue_address import check_address
from workers.queue_socket import socket_url
from workers.server import connect


def queue_url(settings: Settings) -> str:
    """Give the address of the queue: the one set, or the built-in Valkey's socket in the data folder."""
    return settings.queue.url or socket_url(data_dir(settings))


def open_queue(settings: Settings) -> Redis:
    """Make a client for the queue; nothing is sent yet. Raises Unusable for an address that is not safe."""
    url = queue_url(settings)
    check_address(url, allow_insecure=settings.queue.allow_insecure)
    return connect(url)
