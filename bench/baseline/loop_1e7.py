"""The same loop in a bare Lua VM."""

from lupa.lua55 import LuaRuntime

LOOP = """
local started, sum = os.clock(), 0
for i = 1, 10000000 do sum = sum + i % 7 end
return (os.clock() - started) * 1000
"""
print(LuaRuntime().execute(LOOP))
