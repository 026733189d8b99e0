"""Python with an empty Lua VM: the floor under our own start."""

from lupa.lua55 import LuaRuntime

LuaRuntime()
