import sqlite3
from collections.abc import Callable
from sqlite3 import OperationalError as OperationalError

sqlite_version_info: tuple[int, int, int]

class Connection(sqlite3.Connection):
    def set_busy_handler(self, handler: Callable[[int], bool]) -> None: ...
