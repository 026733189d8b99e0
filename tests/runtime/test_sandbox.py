"""What scripts cannot reach, and what stays of the standard library."""

from __future__ import annotations

import pytest

REMOVED = ["load", "loadfile", "dofile", "loadstring", "debug", "python", "string.dump", "package.loaded.python"]


@pytest.mark.parametrize("name", REMOVED)
def test_what_compiles_code_or_reaches_the_host_is_gone(run, name):
    assert run(f"return {name} == nil") is True


@pytest.mark.parametrize("name", ["debug", "python", "lupa"])
def test_removed_libraries_cannot_be_required(fails, name):
    assert f"module '{name}' not found" in fails(f"require('{name}')")


def test_loading_native_libraries_is_refused_with_the_contracts_words(fails):
    assert "package.loadlib is disabled in safe mode" in fails("package.loadlib('x', 'y')")


def test_the_globals_are_those_of_the_contract(run):
    expected = (
        "_G _VERSION assert collectgarbage coroutine error getmetatable io ipairs math next os package pairs pcall"
        " print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8"
        " warn xpcall async base64 crypto disk env fs http json log process regex shell sleep template time toml yaml"
    )
    found = run("local names = {} for name in pairs(_G) do names[#names + 1] = name end return names")
    assert set(expected.split()) <= set(found)


def test_it_is_lua_5_5(run):
    assert run("return _VERSION") == "Lua 5.5"
    assert run("return _ASSAY_COMPAT") == "0.8.2"


WALK = """
local seen, found = {}, {}
local function walk(value, path)
  if value == nil or seen[value] then return end
  local kind = type(value)
  if kind == "userdata" then found[#found + 1] = path .. ": " .. tostring(value) return end
  if kind ~= "table" and kind ~= "function" then return end
  seen[value] = true
  local meta = getmetatable(value)
  if type(meta) == "table" then walk(meta, path .. "<meta>") end
  if kind == "table" then
    for key, item in pairs(value) do
      walk(key, path .. "<key>")
      walk(item, path .. "." .. tostring(key))
    end
  end
end
walk(_G, "_G")
walk(package.loaded, "loaded")
walk(async.spawn(function() end), "handle")
local _, problem = pcall(fs.read, "/nowhere")
walk(problem, "error")
walk({ http.client() }, "client")
return found
"""


def test_no_python_object_can_be_reached_from_anything_a_script_holds(run):
    allowed = ("file (0x", "file (closed)")
    assert [path for path in run(WALK) if not any(mark in path for mark in allowed)] == []


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("return getmetatable(print)", id="function"),
        pytest.param("return getmetatable(sleep)", id="builtin"),
        pytest.param("return getmetatable(fs.read)", id="group function"),
        pytest.param("return rawget(getmetatable('').__index, 'dump')", id="string metatable"),
        pytest.param("return (select(2, pcall(error, setmetatable({}, {__index = _G})))).debug", id="through errors"),
        pytest.param("return coroutine.running().__class__ ", id="thread attribute"),
        pytest.param("return sleep.__globals__", id="function attribute"),
    ],
)
def test_metatables_and_attributes_lead_nowhere(run, attempt):
    assert run(f"local ok, found = pcall(function() {attempt} end) return ok and found or nil") is None


def test_error_objects_hide_their_metatable(run):
    assert run("local _, e = pcall(fs.read, '/nowhere') return getmetatable(e)") is False


def test_the_global_os_has_the_hosts_facts_and_the_clock_but_no_exit(run):
    assert run("return type(os.hostname()) .. type(os.clock()) .. type(os.time()) .. type(os.exit)") == (
        "stringnumbernumbernil"
    )


def test_the_whole_os_library_can_be_required(run):
    assert run("local o = require('os') return type(o.exit) .. type(o.getenv) .. type(o.date)") == (
        "functionfunctionfunction"
    )


def test_warn_prints_nothing(cli, tmp_path):
    (tmp_path / "w.lua").write_text("warn('@on') warn('x') print('done')")
    result = cli(str(tmp_path / "w.lua"))
    assert (result.stdout, b"warning" in result.stderr) == (b"done\n", False)


def test_finalizers_that_use_builtins_run_safely_when_the_vm_ends(run):
    code = "setmetatable({}, {__gc = function() fs.exists('/') print('') end}) X = setmetatable({}, getmetatable('')) "
    for _ in range(20):
        run(code + "KEEP = setmetatable({}, {__gc = function() fs.exists('/') end}) return 1", stdout=lambda data: None)


def test_scripts_may_have_unknown_names_raise_an_error(run):
    """A habit of careful scripts; what the core does in between must not run into it."""
    strict = "setmetatable(_G, { __index = function(_, name) error('no such name: ' .. name, 2) end })"
    calls = "local text, _, message = json.encode({ 1 }), pcall(function() return nope end)"
    text, message = run(f"{strict} sleep(0.001) {calls} return {{ text, message }}")
    assert text == "[1]"
    assert message.endswith("no such name: nope")


def test_an_index_of_the_globals_is_asked_for_nothing_but_what_the_script_names(run):
    watched = "asked = {} setmetatable(_G, { __index = function(_, name) asked[#asked + 1] = name end })"
    assert run(f"{watched} sleep(0.001) http.get = nil; local _ = missing return asked") == ["missing"]
