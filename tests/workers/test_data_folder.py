"""One instance per data folder."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import Unusable
from workers.data_folder import DataFolder

HOLDER = """
import sys, time
from pathlib import Path
from workers.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_instance_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    """R36: the refusal says which process holds the folder; when that is killed the folder is free."""
    first = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)  # noqa: S603 - the script above
    assert first.stdout
    assert first.stdout.readline() == "held\n"
    with pytest.raises(Unusable, match=f"process {first.pid}"):
        DataFolder(tmp_path)
    first.kill()
    first.communicate()
    with DataFolder(tmp_path) as folder:
        assert (folder.path / "storywatch.lock").read_text() == f"{os.getpid()}\n"


def test_closing_frees_it(tmp_path: Path) -> None:
    """A closed folder can be opened again at once."""
    DataFolder(tmp_path).close()
    DataFolder(tmp_path).close()


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    """S9: what did not exist is made for this user alone."""
    with DataFolder(tmp_path / "a" / "b") as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_used_says_what_to_do(tmp_path: Path, name: str) -> None:
    """Bad input: a path that is no folder ends in a sentence that names the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match=r"storage\.data_dir"):
        DataFolder(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_says_what_to_do(tmp_path: Path) -> None:
    """Bad input: a folder of another user ends in a sentence that names the setting."""
    tmp_path.chmod(0o500)
    with pytest.raises(Unusable, match=r"storage\.data_dir"):
        DataFolder(tmp_path)
