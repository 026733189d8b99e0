"""Programs that are built from Go modules, once for each state of their files, and kept outside the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.live.harness.programs import Broken, Unavailable, alone, cache_folder

_MODULES = Path(__file__).parents[1] / "servers"


@dataclass(frozen=True)
class Program:
    """A program: `package` of the module in the folder `module`, built with *tags* and values for *variables*.

    *data* are folders of other modules that it needs at run time, as `module//folder`; they are kept in
    `data/LAST_PART` beside the program.
    """

    name: str
    module: str
    package: str = "."
    tags: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    data: Sequence[str] = ()


_KUBERNETES = {
    f"k8s.io/component-base/version.{name}": value
    for name, value in (("gitVersion", "v1.37.2"), ("gitMajor", "1"), ("gitMinor", "37"))
}
_PROMETHEUS = {"github.com/prometheus/common/version.Version": "3.16.0"}
PROGRAMS = {
    program.name: program
    for program in (
        Program("temporal", "temporal"),
        Program("etcd", "etcd"),
        Program("kube-apiserver", "k8s", "./kube-apiserver", variables=_KUBERNETES),
        Program("kube-controller-manager", "k8s", "./kube-controller-manager", variables=_KUBERNETES),
        Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", data=["sigs.k8s.io/kwok//kustomize/stage"]),
        Program(
            "prometheus",
            "prometheus",
            "github.com/prometheus/prometheus/cmd/prometheus",
            tags="remove_all_sd",
            variables=_PROMETHEUS,
        ),
        Program("loki", "loki", "github.com/grafana/loki/v3/cmd/loki"),
        Program("kratos", "kratos"),
        Program("dex", "dex", data=["github.com/dexidp/dex//web"]),
        Program(
            "argocd-server",
            "argocd",
            "github.com/argoproj/argo-cd/v3/cmd",
            data=["github.com/argoproj/argo-cd/v3//manifests/crds"],
        ),
    )
}


def built(name: str) -> Path:
    """Return where the program *name* is kept; it need not exist yet.

    The path changes with the files of its module, with how it is built, and with the version of Go.

    Raises:
        Unavailable: there is no Go.
    """
    program = PROGRAMS[name]
    digest = hashlib.sha256(_version(_go()).encode())
    folder = _MODULES / program.module
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    if program != Program(name, program.module):
        digest.update(repr(program).encode())
    return cache_folder() / f"{name}-{digest.hexdigest()[:16]}" / name


def are_built(*names: str) -> bool:
    """Whether all programs *names* are there."""
    return all(built(name).exists() for name in names)


def build(name: str, seconds: float) -> Path:
    """Build the program *name*, unless that was done before, and return its path.

    Raises:
        Unavailable: Go is missing or too old, or *seconds* do not suffice.
        Broken: it does not build.
    """
    target, program = built(name), PROGRAMS[name]
    with alone(name):
        if target.exists():
            return target
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(".new")
        values = [f"-X {variable}={value}" for variable, value in program.variables.items()]
        flags = [
            "-trimpath",
            f"-ldflags={' '.join(['-s -w', *values])}",
            *([f"-tags={program.tags}"] * bool(program.tags)),
        ]
        _run(program, seconds, "build", *flags, "-o", str(fresh), program.package)
        for source in program.data:
            module, _, folder = source.partition("//")
            found = Path(_run(program, seconds, "list", "-m", "-f", "{{.Dir}}", module).strip())
            kept = target.parent / "data" / Path(folder).name
            shutil.copytree(found / folder, kept, dirs_exist_ok=True, copy_function=shutil.copyfile)
        fresh.replace(target)
    return target


def _run(program: Program, seconds: float, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [_go(), *arguments], cwd=_MODULES / program.module, env=_environment(), timeout=seconds, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as exc:
        raise Unavailable(f"building it took longer than the {seconds / 60:.0f} minutes left") from exc
    except subprocess.CalledProcessError as exc:
        if "requires go >=" in exc.stderr:
            raise Unavailable(exc.stderr.strip().splitlines()[-1]) from exc
        raise Broken(f"go {arguments[0]} failed: {exc.stderr[-2000:]}") from exc
    return done.stdout


def _go() -> str:
    go = shutil.which("go")
    if go is None:
        raise Unavailable("Go is not installed")
    return go


@cache
def _version(go: str) -> str:
    command = [go, "env", "GOVERSION"]
    return subprocess.run(
        command, capture_output=True, check=True, cwd=cache_folder(), env=_environment(), text=True
    ).stdout


def _environment() -> dict[str, str]:
    flags = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"}
    return {**os.environ, **flags}
