"""Structured logs on standard error, the same for our own events and for libraries that use `logging`.

In: the log settings. Out: JSON lines for programs, or aligned text when a person is looking. Hides structlog.
Trap: never log a header, a channel's address or a settings object; `mask` is a net under that rule, not the rule.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TextIO

import structlog

from config.settings import LogSettings
from pipeline.masking import masked_text

# Passwords inside addresses and webhook secrets, wherever a library's message repeats them (S21).
_SECRET = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]*(?=@)|whsec_[A-Za-z0-9+/=]+")

QUIET_LIBRARIES = ("rq.worker", "rq.job", "alembic", "aiohttp", "asyncio", "uvicorn.access", "trafilatura", "htmldate")


def configure_logs(settings: LogSettings, process: str, stream: TextIO | None = None) -> None:
    """Set up logging for this process, to standard error unless told otherwise; every line carries its name."""
    stream = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _naming(process),
        structlog.processors.format_exc_info,
        mask,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(settings, colours=stream.isatty()),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def mask(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Blot out passwords and keys in addresses, and webhook secrets, in every text of an event."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("***", masked_text(value))
    return event


def _naming(process: str) -> structlog.typing.Processor:
    """Make the step that adds the process's name."""

    def name(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
        event["process"] = process
        return event

    return name


def _renderer(settings: LogSettings, *, colours: bool) -> structlog.typing.Processor:
    """Choose JSON or text; `auto` writes text only where a person is looking."""
    if settings.format == "text" or (settings.format == "auto" and colours):
        return structlog.dev.ConsoleRenderer(colors=colours)
    return structlog.processors.JSONRenderer(ensure_ascii=False)
