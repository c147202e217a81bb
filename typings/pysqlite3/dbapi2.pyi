from sqlite3 import Connection as Connection
from sqlite3 import OperationalError as OperationalError

sqlite_version_info: tuple[int, int, int]
