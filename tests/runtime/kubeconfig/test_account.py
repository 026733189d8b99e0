"""Kubeconfigs: merging, contexts, credentials, trust, and programs that sign in."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.kubeconfig.files import load
from assay_shell.runtime.kubeconfig.plugin import Program, ask
from assay_shell.runtime.vm import Runtime

CONFIG = {
    "current-context": "here",
    "contexts": [
        {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
        {"name": "there", "context": {"cluster": "d"}},
    ],
    "clusters": [
        {"name": "c", "cluster": {"server": "https://one.example:6443/"}},
        {"name": "d", "cluster": {"server": "two.example"}},
    ],
    "users": [{"name": "u", "user": {"token": "t0ken-in-config"}}],
}
ACCOUNT = 'return require("assay.lib.kube").config_account({})'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a kubeconfig and make it the one of the environment."""

    def write(content: object = CONFIG, name: str = "config") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    return write


def user(**fields: object) -> dict[str, object]:
    """The usual kubeconfig with another user."""
    return {**CONFIG, "users": [{"name": "u", "user": fields}]}


def cluster(**fields: object) -> dict[str, object]:
    """The usual kubeconfig with more said of its cluster."""
    given = {"server": "https://one.example", **{name.replace("_", "-"): value for name, value in fields.items()}}
    return {**CONFIG, "clusters": [{"name": "c", "cluster": given}]}


def test_the_current_context_gives_address_namespace_and_token(run, config):
    config()
    account = run(ACCOUNT.format("nil"))
    assert account == {
        "context": "here",
        "server": "https://one.example:6443",
        "namespace": "shop",
        "token": "t0ken-in-config",
        "transport": [],
        "headers": [],
    }


def test_a_context_is_chosen_by_name_and_needs_no_user(run, config):
    config()
    account = run(ACCOUNT.format("'there'"))
    assert account["server"] == "https://two.example"
    assert "token" not in account


def test_files_of_a_list_are_merged_and_the_first_decides(run, tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(json.dumps({**CONFIG, "current-context": "", "clusters": []}))
    second.write_text(json.dumps({
        "current-context": "there",
        "clusters": [{"name": "c", "cluster": {"server": "https://late.example"}}],
        "contexts": [{"name": "here", "context": {"cluster": "x"}}, {"name": "there", "context": {"cluster": "c"}}],
        "users": [{"name": "u", "user": {"token": "another-t0ken"}}],
    }))  # fmt: skip
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(("", str(tmp_path / "none"), str(first), str(second))))
    account = run(ACCOUNT.format("'here'"))
    assert (account["server"], account["token"]) == ("https://late.example", "t0ken-in-config")
    with pytest.raises(ScriptError, match=r'there is no cluster "d" in ".*first", ".*second"'):
        run(ACCOUNT.format("nil"))


def test_without_a_list_it_is_the_file_in_the_home_folder(run, tmp_path, monkeypatch):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(ACCOUNT.format("nil")) is None
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(json.dumps(CONFIG))
    assert run(ACCOUNT.format("nil"))["server"] == "https://one.example:6443"


def test_a_change_of_the_file_is_seen(config, tmp_path):
    path = config()
    with Runtime() as runtime:
        assert runtime.evaluate(ACCOUNT.format("nil"))[0]["context"] == "here"
        path.write_text(json.dumps({**CONFIG, "current-context": "there"}))
        assert runtime.evaluate(ACCOUNT.format("nil"))[0]["context"] == "there"


def test_contexts_are_listed_with_the_current_one_marked(run, config):
    config()
    assert run('return require("assay.lib.kube").contexts()') == [
        {"name": "here", "cluster": "c", "user": "u", "namespace": "shop", "current": True},
        {"name": "there", "cluster": "d", "current": False},
    ]


def test_credentials_in_the_file_go_before_those_in_other_files(run, config, tmp_path):
    data = {name: b64encode(name.encode()).decode() for name in ("ca", "cert", "key")}
    config({
        **cluster(certificate_authority="ca.pem", certificate_authority_data=data["ca"]),
        "users": [{"name": "u", "user": {
            "client-certificate": "c.pem", "client-certificate-data": data["cert"],
            "client-key": "k.pem", "client-key-data": data["key"],
        }}],
    })  # fmt: skip
    assert run(ACCOUNT.format("nil"))["transport"] == {"ca_cert": "ca", "cert": "cert", "key": "key"}


def test_paths_count_from_the_folder_of_their_file(run, config, tmp_path):
    (tmp_path / "token").write_text("t0ken-in-file\n")
    user_fields = {
        "client-certificate": "pki/c.pem",
        "client-key": "/etc/k.pem",
        "tokenFile": "token",
        "token": "old-t0ken",
    }
    config({**cluster(certificate_authority="pki/ca.pem"), "users": [{"name": "u", "user": user_fields}]})
    account = run(ACCOUNT.format("nil"))
    assert account["token"] == "t0ken-in-file"
    assert account["transport"] == {
        "ca_cert_file": f"{tmp_path}/pki/ca.pem",
        "cert_file": f"{tmp_path}/pki/c.pem",
        "key_file": "/etc/k.pem",
    }


def test_trust_name_and_proxy_of_a_cluster_are_options_of_requests(run, config):
    config(cluster(insecure_skip_tls_verify=True, tls_server_name="api.example", proxy_url="http://proxy.example:3128"))
    assert run(ACCOUNT.format("nil"))["transport"] == {
        "verify": False,
        "server_name": "api.example",
        "proxy": "http://proxy.example:3128",
    }


def test_passwords_and_impersonation_become_headers(run, config):
    config(user(username="ann", password="hunter-2-hunter", **{"as": "bob", "as-uid": "7", "as-groups": ["ops"]}))
    assert run(ACCOUNT.format("nil"))["headers"] == {
        "Authorization": "Basic " + b64encode(b"ann:hunter-2-hunter").decode(),
        "Impersonate-User": "bob",
        "Impersonate-Uid": "7",
        "Impersonate-Group": "ops",
    }


@pytest.mark.parametrize("secret", ["t0ken-in-config", b64encode(b"t0ken-in-config").decode()])
def test_the_token_is_masked_from_then_on(config, secret):
    config()
    with Runtime() as runtime:
        runtime.evaluate(ACCOUNT.format("nil"))
        assert secret not in runtime.redactor.text(f"seen: {secret}")


@pytest.mark.parametrize(
    ("content", "context", "text"),
    [
        pytest.param(CONFIG, "'nowhere'", 'kubeconfig: there is no context "nowhere" in "{path}"', id="context"),
        pytest.param({**CONFIG, "users": None}, "nil", 'kubeconfig: there is no user "u" in "{path}"', id="user"),
        pytest.param({**CONFIG, "clusters": 1}, "nil", 'kubeconfig: there is no cluster "c" in "{path}"', id="cluster"),
        pytest.param({}, "nil", 'kubeconfig: there is no current context in "{path}"', id="empty"),
        pytest.param("", "nil", 'kubeconfig: there is no current context in "{path}"', id="nothing"),
        pytest.param([1], "nil", 'kubeconfig: "{path}" is not a kubeconfig', id="a list"),
        pytest.param("a: [", "nil", 'kubeconfig: reading "{path}": ', id="no YAML"),
        pytest.param(cluster(server=""), "nil", 'kubeconfig: the context "here" has no server', id="no server"),
        pytest.param(user(tokenFile="no"), "nil", 'kubeconfig: reading "{folder}/no": No such file', id="token file"),
        pytest.param(
            user(**{"client-key-data": "%"}), "nil", 'kubeconfig: client-key-data in "{path}" is not base64', id="data"
        ),
        pytest.param(
            user(**{"auth-provider": {"name": "x"}}), "nil",
            'kubeconfig: the user of the context "here" has an auth-provider: use exec instead', id="auth-provider",
        ),
        pytest.param(
            user(**{"as-groups": ["a", "b"]}), "nil",
            'kubeconfig: as-groups in "{path}" has several groups; one can be sent', id="groups",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_kubeconfig_is_said(fails, config, tmp_path, content, context, text):
    path = config(content)
    said = fails(ACCOUNT.format(context))
    assert text.replace("{path}", str(path)).replace("{folder}", str(tmp_path)) in said


def test_a_file_without_end_is_an_error(fails, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/dev/zero")
    assert 'kubeconfig: reading "/dev/zero": it is larger than 8 MiB' in fails(ACCOUNT.format("nil"))


def test_a_context_without_a_kubeconfig_is_an_error(fails, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert 'kubeconfig: there is no kubeconfig for the context "here"' in fails(ACCOUNT.format("'here'"))


# Programs that sign in ------------------------------------------------------------------------------------

PROGRAM = """#!{python}
import json, os, sys
call = {{"args": sys.argv[1:], "info": os.environ["KUBERNETES_EXEC_INFO"], "own": os.environ.get("OWN")}}
with open({log!r}, "a") as log:
    log.write(json.dumps(call) + "\\n")
{body}
"""
GIVE = """
version = 'client.authentication.k8s.io/{version}'
print(json.dumps({{'apiVersion': version, 'kind': 'ExecCredential', 'status': {status}}}))
"""


@pytest.fixture
def program(tmp_path: Path, config):
    """Make a program and a kubeconfig that signs in by it; returns a function that reads how it was called."""

    def make(body: str | None = None, status: object = None, *, version: str = "v1", **fields: object):
        log, path = tmp_path / "log", tmp_path / "bin" / "login"
        path.parent.mkdir(exist_ok=True)
        body = (
            body if body is not None else GIVE.format(version=version, status=status or {"token": "t0ken-of-program"})
        )
        path.write_text(PROGRAM.format(python=sys.executable, log=str(log), body=body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        spec = {"apiVersion": f"client.authentication.k8s.io/{version}", "command": "bin/login", **fields}
        config(user(exec=spec))
        return lambda: [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return make


def test_a_program_is_asked_with_its_arguments_and_environment(run, program):
    calls = program(args=["get", "a b"], env=[{"name": "OWN", "value": "x"}])
    assert run(ACCOUNT.format("nil"))["token"] == "t0ken-of-program"
    (call,) = calls()
    assert (call["args"], call["own"]) == (["get", "a b"], "x")
    assert json.loads(call["info"]) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }


def test_a_program_may_be_told_of_the_cluster(run, program):
    calls = program(version="v1beta1", provideClusterInfo=True)
    run(ACCOUNT.format("nil"))
    assert json.loads(calls()[0]["info"])["spec"]["cluster"] == {"server": "https://one.example:6443"}


def test_a_certificate_of_a_program_is_an_option_of_requests(run, program):
    program(status={"clientCertificateData": "CERT", "clientKeyData": "KEY"})
    assert run(ACCOUNT.format("nil"))["transport"] == {"cert": "CERT", "key": "KEY"}


@pytest.mark.parametrize(
    ("expires", "times"),
    [
        pytest.param(None, 1, id="good for ever"),
        pytest.param("2999-01-01T00:00:00Z", 1, id="good for long"),
        pytest.param("2001-01-01T00:00:00Z", 4, id="over"),
    ],
)
def test_a_program_is_asked_again_when_its_credential_is_over(run, program, expires, times):
    calls = program(status={"token": "t0ken-of-program", **({"expirationTimestamp": expires} if expires else {})})
    code = "local kube = require('assay.lib.kube') for _ = 1, 4 do kube.config_account() end"
    run(code)
    assert len(calls()) == times


COUNTED = """
calls = len(open({log!r}).readlines())
print(json.dumps({{'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',
                   'status': {{'token': f't0ken-number-{{calls}}'}}}}))
"""


@pytest.fixture
def served(tmp_path, program, stub):
    """Have a program give another token each time, and a stub that wants the second one."""
    calls = program(body=COUNTED.format(log=str(tmp_path / "log")))
    path = tmp_path / "config"
    path.write_text(path.read_text().replace("https://one.example:6443/", stub.url))

    def reply(request, handler):
        good = request.header("authorization") == "Bearer t0ken-number-2"
        handler.send_response(200 if good else 401)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    stub.on("GET", "/version", reply=reply)
    return calls


@pytest.mark.parametrize(
    ("how", "times"),
    [
        pytest.param("c:get('/version')", 2, id="a request"),
        pytest.param("for _ = 1, 3 do c:get('/version') end", 2, id="three requests"),
        pytest.param("k8s.get('/version', { token = 't0ken-number-2' })", 1, id="a token of the script's own"),
    ],
)
def test_a_token_that_a_server_takes_no_longer_is_renewed(run, served, stub, how, times):
    run(f"local k8s = require('assay.k8s') local c = k8s.client() sleep(0.01) {how}")
    assert len(served()) == times
    assert stub.requests[-1].header("authorization") == "Bearer t0ken-number-2"


def test_a_server_that_refuses_every_token_is_asked_twice(run, served, stub):
    stub.on("GET", "/version", status=401)
    code = "local c = require('assay.k8s').client() sleep(0.01) return select(2, pcall(c.get, c, '/version')).status"
    assert run(code) == 401
    assert (len(stub.requests), len(served())) == (2, 2)


def test_tasks_whose_token_is_refused_share_the_next_one(run, served):
    code = (
        "local c, tasks = require('assay.k8s').client(), {} sleep(0.01) "
        "for i = 1, 4 do tasks[i] = async.spawn(function() return c:get('/version') end) end "
        "for i = 1, 4 do tasks[i]:await() end"
    )
    run(code)
    assert len(served()) == 2


def test_a_token_is_renewed_for_streams_too(run, served, stub):
    stub.on("GET", "/api/v1/namespaces/shop/pods/web/log?follow=true", status=401, times=1)
    stub.on("GET", "/api/v1/namespaces/shop/pods/web/log?follow=true", body="one\n")
    code = "local c = require('assay.k8s').client() sleep(0.01) return c:logs(nil, 'web', { follow = true })()"
    assert run(code) == "one"
    assert stub.requests[-1].header("authorization") == "Bearer t0ken-number-2"


def test_a_program_that_takes_its_time_is_heard(run, program, capfd):
    said = "print('Open http://sign.in/\\x1b[2J', file=sys.stderr, flush=True)\nimport time\ntime.sleep(0.8)\n"
    program(body=said + GIVE.format(version="v1", status={"token": "t0ken-of-program"}))
    assert run(ACCOUNT.format("nil"))["token"] == "t0ken-of-program"
    assert "bin/login: Open http://sign.in/\\x1b[2J" in capfd.readouterr().err


def test_a_program_that_hangs_is_ended(config, program):
    program(body="import time\ntime.sleep(60)")
    with Runtime() as runtime:
        known = load((os.environ["KUBECONFIG"],))
        assert known is not None
        with pytest.raises(BuiltinError, match=r'login", which signs in, took longer than 0.3 s'):
            asyncio.run(ask(runtime, Program(known.choose(None)), 0.3))


def test_tasks_that_sign_in_at_once_share_one_answer(run, program):
    calls = program()
    code = (
        "local kube, tasks = require('assay.lib.kube'), {} "
        "for i = 1, 4 do tasks[i] = async.spawn(function() return kube.config_account().token end) end "
        "for i = 1, 4 do tasks[i] = tasks[i]:await()[1] end return tasks"
    )
    assert run(code) == ["t0ken-of-program"] * 4
    assert len(calls()) == 1


@pytest.mark.parametrize(
    ("made", "text"),
    [
        pytest.param({"body": "sys.exit('no way, password=hunter2hunter')"}, "ended with status 1: no way", id="fails"),
        pytest.param({"body": "print('t0ken-of-mine')"}, "printed something that is no ExecCredential", id="no JSON"),
        pytest.param({"body": "print('[' * 200000)"}, "printed something that is no ExecCredential", id="deep"),
        pytest.param({"body": "print('{}')"}, "printed something that is no ExecCredential", id="no credential"),
        pytest.param({"status": {"clientKeyData": "x"}}, "gave neither a token nor a certificate with its", id="half"),
        pytest.param(
            {"status": {"token": "abcdefgh", "expirationTimestamp": "soon"}}, "expirationTimestamp that is no time",
            id="no time",
        ),
        pytest.param({"body": GIVE.format(version="v1beta1", status={})}, "does not speak client.auth", id="version"),
        pytest.param({"apiVersion": "x/v9"}, "speaks x/v9; known are", id="unknown version"),
        pytest.param({"command": ""}, "has an exec without a command", id="no command"),
        pytest.param({"command": "bin/none", "installHint": "get it"}, "No such file or directory", id="missing"),
        pytest.param({"interactiveMode": "Always"}, "signs in on a terminal only", id="interactive"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_program_is_said(fails, program, made, text):
    program(**made)
    said = fails(ACCOUNT.format("nil"))
    assert text in said
    assert "t0ken-of-mine" not in said
    assert "hunter2hunter" not in said


def test_read_only_mode_allows_the_users_own_program_and_no_other(run, program, tmp_path):
    calls = program()
    assert run(ACCOUNT.format("nil"), readonly=True)["token"] == "t0ken-of-program"
    other = tmp_path / "other"
    other.write_text((tmp_path / "config").read_text())
    code = f"env.get = function(name) if name == 'KUBECONFIG' then return '{other}' end end " + ACCOUNT.format("nil")
    with pytest.raises(ScriptError, match="kubeconfig exec blocked"):
        run(code, readonly=True)
    assert len(calls()) == 1
