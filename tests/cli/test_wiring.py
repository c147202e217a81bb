"""What every process does with the settings before anything else."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.wiring import data_dir
from config.settings import Settings
from pipeline.errors import Unusable

ASKED = 2_000


def settings_of(folder: Path) -> Settings:
    return Settings.model_validate({"storage": {"data_dir": folder}})


def test_processes_that_look_at_the_folder_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Services that start together each find it writable; none takes away what another tries it with."""
    asked = [settings_of(tmp_path / "data")] * ASKED
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(data_dir, asked)) == {tmp_path / "data"}
    assert list((tmp_path / "data").iterdir()) == []


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    """The message names the folder and the setting."""
    (tmp_path / "file").touch()
    with pytest.raises(Unusable, match=r"file/data cannot be written.*storage\.data_dir"):
        data_dir(settings_of(tmp_path / "file" / "data"))
