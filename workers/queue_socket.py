"""Where the built-in Valkey listens.

In: the data folder. Out: the socket's path and address. Trap: the path of a unix socket may have 107 bytes; a longer
one moves to a private folder of ours under the system's temporary one. Imports nothing of the server's, since every
process that uses the queue reads this.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

LONGEST_SOCKET_BYTES = 100  # sun_path of unix(7) holds 107 and the end; the server appends to it for a moment
SOCKET_NAME = "valkey.sock"


def socket_url(data_dir: Path) -> str:
    """Give the address at which the server of that data folder listens, whether it runs or not."""
    return f"unix://{quote(str(socket_in(queue_folder(data_dir))))}"


def queue_folder(data_dir: Path) -> Path:
    """Give the folder of the server's files."""
    return data_dir.absolute() / "queue"


def socket_in(folder: Path) -> Path:
    """Choose where the socket lies: in the folder, or where its path would be too long, in a short one."""
    wanted = folder / SOCKET_NAME
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_BYTES:
        return wanted
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"storywatch-{os.geteuid()}-{mark}" / SOCKET_NAME
