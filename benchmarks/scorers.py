"""Load a scorer that stands beside the sets with gold, kept apart from the repository.

In: the folder of sets and tools. Out: the scorer as a module. Trap: it is code, and it runs.
"""

import importlib.util
from pathlib import Path
from types import ModuleType


def load_scorer(shared: Path, name: str) -> ModuleType:
    """Load `tools/{name}.py`; raises FileNotFoundError where there is none."""
    file = shared / "tools" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
