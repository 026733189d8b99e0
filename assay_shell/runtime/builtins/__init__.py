"""The groups of builtins: global name -> module of this package that registers it at first use."""

from __future__ import annotations

GROUPS = {
    "http": "http",
    "json": "json",
    "yaml": "yaml",
    "toml": "toml",
    "fs": "fs",
    "crypto": "crypto",
    "base64": "base64",
    "regex": "regex",
    "template": "template",
    "async": "concurrency",
    "assert": "assertion",
    "log": "log",
    "env": "env",
    "shell": "shell",
    "process": "process",
    "disk": "disk",
    "os": "os",
    "ws": "ws",
    "temporal": "temporal",
    "approval": "approval",
    "db": "db",
    "view": "view",
}
