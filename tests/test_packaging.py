"""What travels in the wheel, what it needs, and that it runs where nothing else is."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "assay_shell"
SCRIPT = """
local text = json.encode({ ok = regex.is_match and true or regex.match("a1", "[0-9]") })
assert.eq(yaml.parse("on: push").on, "push")
assert.eq(template.render_string("{{ x }}", { x = crypto.hash("a", "sha256"):sub(1, 4) }), "ca97")
print(text, require("os").getenv("HOME") ~= nil)
"""
MOST_MEGABYTES = 120
NOT_HEADLESS = {
    "ipykernel", "jupyter-client", "markdown-it-py", "nbclient", "nbconvert", "nbformat", "platformdirs",
    "prompt-toolkit", "pygments", "pyzmq", "rich", "temporalio",
}  # fmt: skip
"""Dependencies that scripts and checks do without."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def sources(*endings: str) -> Iterator[str]:
    for path in PACKAGE.rglob("*"):
        if path.suffix in endings and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix()


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def requirements(path: Path) -> list[Requirement]:
    lines = path.read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def project_requirements() -> list[Requirement]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return [Requirement(line) for line in tomllib.load(file)["project"]["dependencies"]]


def test_the_wheel_has_all_python_and_lua_files(wheel: Path) -> None:
    expected = {*sources(".py", ".lua"), "assay_shell/py.typed"}
    assert expected <= names_in(wheel)


def test_the_wheel_has_nothing_but_package_script_and_metadata(wheel: Path) -> None:
    tops = {name.split("/")[0].partition("-")[2].rpartition(".")[2] or name.split("/")[0] for name in names_in(wheel)}
    assert tops == {"assay_shell", "data", "dist-info"}


def test_the_command_is_a_small_script_of_ours(wheel: Path) -> None:
    (name,) = (name for name in names_in(wheel) if name.endswith(".data/scripts/assay"))
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(name).decode()
        mode = archive.getinfo(name).external_attr >> 16
    assert text.startswith("#!python\n")  # installers put the interpreter's path here
    assert "import re" not in text
    assert mode & 0o111


def test_the_licence_travels_along(wheel: Path) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names_in(wheel))


def test_each_dependency_has_a_lower_bound() -> None:
    assert [str(need) for need in project_requirements() if not any(s.operator == ">=" for s in need.specifier)] == []


def test_each_dependency_is_imported_somewhere() -> None:
    imported = set()
    for source in sources(".py"):
        for node in ast.walk(ast.parse((ROOT / source).read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    provided = {
        canonicalize_name(name): module
        for module, names in importlib.metadata.packages_distributions().items()
        if module in imported
        for name in names
    }
    unused = [need.name for need in project_requirements() if canonicalize_name(need.name) not in provided]
    assert unused == []


def test_the_headless_list_is_complete() -> None:
    environment: dict[str, str] = {**default_environment(), "extra": ""}  # type: ignore[dict-item]
    listed = {canonicalize_name(need.name) for need in requirements(ROOT / "requirements-headless.txt")}
    missing = {
        f"{name} needs {need}"
        for name in listed
        for need in map(Requirement, importlib.metadata.requires(name) or ())
        if (need.marker is None or need.marker.evaluate(environment)) and canonicalize_name(need.name) not in listed
    }
    assert missing == set()


def test_each_dependency_is_on_the_headless_list_unless_it_is_left_out_on_purpose() -> None:
    listed = {canonicalize_name(need.name) for need in requirements(ROOT / "requirements-headless.txt")}
    assert {canonicalize_name(need.name) for need in project_requirements()} - listed - NOT_HEADLESS == set()


def test_the_headless_list_has_the_bounds_of_the_project() -> None:
    ours = {canonicalize_name(need.name): need for need in project_requirements()}
    for need in requirements(ROOT / "requirements-headless.txt"):
        own = ours.get(canonicalize_name(need.name))
        assert own is None or (own.specifier, own.marker) == (need.specifier, need.marker)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    pip(python, wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "s.lua").write_text(SCRIPT)
    for command in ([tmp_path / "venv/bin/assay"], [python, "-m", "assay_shell"]):
        done = subprocess.run([*command, "s.lua"], cwd=elsewhere, env=bare(), capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (0, b'{"ok":true}\ttrue\n'), done.stderr.decode()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_headless_list_is_small_and_runs_scripts(
    wheel: Path,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = tmp_path / "site"
    pip(sys.executable, "--no-deps", "--target", site, "-r", ROOT / "requirements-headless.txt", wheel)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    record_testsuite_property("headless_megabytes", round(size, 1))
    with capsys.disabled():
        print(f"headless site-packages: {size:.1f} MB", end=" ")  # noqa: T201  the number is part of the report
    (tmp_path / "s.lua").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "assay_shell", "s.lua"], cwd=tmp_path, env=bare(PYTHONPATH=str(site)),
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b'{"ok":true}\ttrue\n'), done.stderr.decode()
    assert size < MOST_MEGABYTES


def pip(python: str | Path, *arguments: str | Path) -> None:
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], check=True, timeout=240
    )


def bare(**extra: str) -> dict[str, str]:
    """Return the environment of somebody who has nothing of ours set."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **extra}
