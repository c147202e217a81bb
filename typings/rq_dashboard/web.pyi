"""The names of rq-dashboard 0.9.0's web module that we replace, and its blueprint."""

from collections.abc import Callable
from typing import Any

import rq
import rq.job
from flask import Blueprint
from redis import Redis

class Config:
    serializer: Any

blueprint: Blueprint
config: Config
Queue: type[rq.Queue]
Worker: type[rq.Worker]
Job: type[rq.job.Job]
requeue_job: Callable[..., rq.job.Job]
from_url: Callable[..., tuple[None, Redis]]
