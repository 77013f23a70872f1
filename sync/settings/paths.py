"""Where the files of `config/` lie, and whether a path can be used."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped_config(name: str) -> Path:
    """Return the path of a file or folder of the shipped `config/`.

    The wheel carries `config/` as `sync/_config`; a checkout has no such folder, or a stale copy of it,
    and has the real one beside the packages.
    """
    package = Path(str(files("sync")))
    checkout = package.parent / "config"
    is_checkout = (package.parent / "pyproject.toml").is_file() and checkout.is_dir()
    return (checkout if is_checkout else package / "_config") / name


def is_file(path: Path) -> bool:
    """Tell whether a file is there; a path that cannot be looked at (too long, closed folder) holds none for us."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there, in the same way."""
    try:
        return path.is_dir()
    except OSError:
        return False
