"""The file of a backup: a zip of two members, written whole or not at all.

In: a SQLite file and its manifest. Out: the zip; and from a zip the manifest and the file again, checked. Hides
zipfile. Trap: members are read by their two fixed names and written to a name of ours, so a path inside a forged zip
leads nowhere; and no more bytes are unpacked than the manifest announces.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import Unusable
from pipeline.store.backups import manifest as manifests
from pipeline.store.backups.manifest import Manifest

MANIFEST, STORE = "manifest.json", "storywatch.db"
LARGEST_MANIFEST = 1_000_000
CHUNK = 1 << 20
#: What zipfile raises for bytes that are no zip of ours: damaged, without a member, encrypted, packed in another way.
UNREADABLE = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError)
LEVEL = 1  #: of deflate: a third of the size for a tenth of the time of the usual one


def digest_of(file: Path) -> str:
    """Give the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def pack(store: Path, manifest: Manifest, target: Path) -> None:
    """Write the zip, for its owner alone; raises Unusable if the name is taken or the place cannot be written."""
    part = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as opened:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as packed:
                packed.writestr(MANIFEST, manifests.written(manifest))
                packed.write(store, STORE)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(part, target)  # unlike a rename it takes nobody else's name
    except FileExistsError:
        raise Unusable(f"{target} is there already; name another file") from None
    except OSError as error:
        raise Unusable(f"the backup cannot be written to {target}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def read_manifest(file: Path) -> Manifest:
    """Give what a backup says of itself; raises Unusable if it is none."""
    with _opened(file) as packed:
        return _manifest(packed)


def unpack(file: Path, target: Path) -> Manifest:
    """Write the database inside to `target`, for its owner alone; raises Unusable unless it fits the manifest."""
    with _opened(file) as packed:
        manifest = _manifest(packed)
        if packed.getinfo(STORE).file_size != manifest.byte_count:
            raise Unusable(f"{file} is damaged: the database inside has another size than its manifest says")
        digest = hashlib.sha256()
        try:
            with packed.open(STORE) as source, _private(target) as sink:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    sink.write(chunk)
                sink.flush()
                os.fsync(sink.fileno())
        except OSError as error:
            raise Unusable(f"{target} cannot be written: {error.strerror}") from error
    if digest.hexdigest() != manifest.sha256:
        raise Unusable(f"{file} is damaged: its checksum does not fit")
    return manifest


def verify(file: Path) -> Manifest:
    """Read a backup from end to end against its checksum; raises Unusable."""
    with _opened(file) as packed:
        manifest = _manifest(packed)
        with packed.open(STORE) as source:
            if hashlib.file_digest(source, "sha256").hexdigest() != manifest.sha256:  # type: ignore[arg-type]
                raise Unusable(f"{file} is damaged: its checksum does not fit")
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except FileNotFoundError:
        raise Unusable(f"{file}: no such file") from None
    except UNREADABLE as error:
        raise Unusable(f"{file} is no backup that `storywatch backup` made, or it is damaged: {error}") from error
    except OSError as error:
        raise Unusable(f"{file} cannot be read: {error.strerror}") from error


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    if packed.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise Unusable("the backup's manifest is too large to be one")
    return manifests.read(packed.read(MANIFEST))


@contextmanager
def _private(file: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        yield opened
