import sqlite3
from collections.abc import Callable
from pathlib import Path
from sqlite3 import DatabaseError as DatabaseError
from sqlite3 import OperationalError as OperationalError

sqlite_version_info: tuple[int, int, int]

class Connection(sqlite3.Connection):
    def set_busy_handler(self, handler: Callable[[int], bool]) -> None: ...

def connect(database: str | Path, *, isolation_level: str | None = ..., timeout: float = ...) -> Connection: ...
