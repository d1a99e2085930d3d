"""``jupyter sparkk8s install``: puts the kernels, and one for each profile, where Jupyter finds them."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir, jupyter_path

from ..config.files import load_settings
from ..config.profiles import DescribedProfile, described_profiles
from ..errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

HELP = "Install the kernelspecs that JupyterLab's launcher shows; with --profiles one for each of c.SparkK8s.profiles."
KERNELS = ("spark-k8s", "spark-local")
# In a kernelspec's metadata: the profile that it was made of, so that none but ours is ever removed.
_MARK = "jupyter_sparkk8s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user only: below Jupyter's data directory")
    where.add_argument("--sys-prefix", action="store_true", help="into this Python environment (the default)")
    where.add_argument("--prefix", type=Path, help="below PREFIX/share/jupyter")
    parser.add_argument(
        "--profiles",
        action="store_true",
        help="also one kernelspec for each profile, with its title, description and icon; those of profiles that are no more "
        "are removed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Install, and say what was done. Raises ConfigurationError for a wrong profile, OSError where nothing may be written."""
    profiles = described_profiles(load_settings()) if arguments.profiles else []
    target = kernels_folder(arguments)
    for name in KERNELS:
        _replace(target / name, _source(name), None)
        print(f"Installed {name} in {target / name}")
    made = {f"{KERNELS[0]}-{profile.name}": profile for profile in profiles}
    for name, profile in made.items():
        if (target / name).exists() and not _is_ours(target / name):
            raise ConfigurationError(f"{target / name} is a kernel of somebody else's. Rename the profile {profile.name!r}.")
        _replace(target / name, _source(KERNELS[0]), profile)
        print(f"Installed {name} ({profile.title}) in {target / name}")
    if arguments.profiles:
        for folder in sorted(target.iterdir()):
            if folder.name not in made and _is_ours(folder):
                shutil.rmtree(folder)
                print(f"Removed {folder.name}: its profile is not in c.SparkK8s.profiles any more")
    return 0


def kernels_folder(arguments: argparse.Namespace) -> Path:
    """Where the kernelspecs go."""
    if arguments.user:
        return Path(jupyter_data_dir(), "kernels")
    return Path(arguments.prefix or sys.prefix).absolute() / "share" / "jupyter" / "kernels"


def _source(name: str) -> Path:
    """The kernelspec that came with this package. Raises ConfigurationError where there is none."""
    places = [Path(sys.prefix, "share", "jupyter", "kernels"), *map(Path, jupyter_path("kernels"))]
    for place in places:
        if (place / name / "kernel.json").exists():
            return place / name
    raise ConfigurationError(
        f"The kernelspec {name} that came with jupyter-sparkk8s is not there any more: install that again."
    )


def _is_ours(folder: Path) -> bool:
    """Whether it is a kernelspec that was made of a profile."""
    try:
        found = json.loads((folder / "kernel.json").read_text())
        return bool(found["metadata"][_MARK]["profile"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _replace(target: Path, source: Path, profile: DescribedProfile | None) -> None:
    """Make ``target`` a copy of ``source``, of ``profile`` where one is given; it is never seen half made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sparkk8s-", dir=target.parent) as made:
        fresh, old = Path(made, "new"), Path(made, "old")
        shutil.copytree(source, fresh)
        if profile is not None:
            file = fresh / "kernel.json"
            file.write_text(json.dumps(_of_profile(json.loads(file.read_text()), profile), indent=2) + "\n")
            if profile.icon is not None:
                for logo in fresh.glob("logo-*"):
                    logo.unlink()
                is_svg = profile.icon.suffix.lower() == ".svg"
                shutil.copyfile(profile.icon, fresh / ("logo-svg.svg" if is_svg else "logo-64x64.png"))
        if target.exists():
            target.rename(old)
        fresh.rename(target)


def _of_profile(spec: dict[str, Any], profile: DescribedProfile) -> dict[str, Any]:
    metadata = spec["metadata"]
    provisioner = metadata["kernel_provisioner"] | {"config": {"profile": profile.name}}
    more = {"description": profile.description} if profile.description else {}
    marked = metadata | more | {"kernel_provisioner": provisioner, _MARK: {"profile": profile.name}}
    return spec | {"display_name": profile.title, "metadata": marked}
