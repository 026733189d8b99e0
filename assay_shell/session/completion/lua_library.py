"""Lua's own library, as far as scripts have it, in the tags that our groups are documented with.

@module string
@description Text and bytes: search, patterns, formatting
@quickref string.byte(s, i?, j?) -> int... | Numbers of the bytes from i (1) to j (i)
@quickref string.char(...) -> str | The string of these byte numbers
@quickref string.find(s, pattern, init?, plain?) -> int, int, ... | Where a pattern is found first, and its captures; nil for nowhere
@quickref string.format(format, ...) -> str | Values put into a format: %d %s %q %5.2f %x
@quickref string.gmatch(s, pattern, init?) -> iterator | All matches of a pattern, one after the other
@quickref string.gsub(s, pattern, repl, n?) -> str, int | Replace matches by a string, a table's members or a function's results; how many
@quickref string.len(s) -> int | Number of bytes
@quickref string.lower(s) -> str | Capital letters made small
@quickref string.match(s, pattern, init?) -> str... | Captures of the first match, or the match
@quickref string.pack(format, ...) -> str | Values as bytes of a binary layout
@quickref string.packsize(format) -> int | Bytes that a binary layout takes
@quickref string.rep(s, n, sep?) -> str | So many copies, with a separator between
@quickref string.reverse(s) -> str | The bytes from the last to the first
@quickref string.sub(s, i, j?) -> str | The bytes from i to j (-1); negative numbers count from the end
@quickref string.unpack(format, s, pos?) -> value... | Values read from bytes of a binary layout, and where it ended
@quickref string.upper(s) -> str | Small letters made capitals

@module table
@description Lists: insert, remove, sort, join
@quickref table.concat(list, sep?, i?, j?) -> str | Strings and numbers of a list joined, with a separator between
@quickref table.create(sequence, rest?) -> table | An empty table with room for so many members
@quickref table.insert(list, pos?, value) -> nil | Put a value at a position, or at the end
@quickref table.move(a1, f, e, t, a2?) -> table | Copy members f to e to the places from t on, in a2 or in the same table
@quickref table.pack(...) -> table | The arguments as a list, their number in n
@quickref table.remove(list, pos?) -> value | Take out the member at a position, or the last
@quickref table.sort(list, comp?) -> nil | Sort in place; comp(a, b) says whether a comes first
@quickref table.unpack(list, i?, j?) -> value... | The members of a list as separate values

@module math
@description Numbers: rounding, roots, angles, chance
@quickref math.abs(x) -> number | The number without its sign
@quickref math.acos(x) -> float | Arc cosine in radians
@quickref math.asin(x) -> float | Arc sine in radians
@quickref math.atan(y, x?) -> float | Angle of y/x in radians
@quickref math.ceil(x) -> int | The next integer that is not smaller
@quickref math.cos(x) -> float | Cosine of radians
@quickref math.deg(x) -> float | Radians as degrees
@quickref math.exp(x) -> float | e to that power
@quickref math.floor(x) -> int | The next integer that is not larger
@quickref math.fmod(x, y) -> number | Remainder that rounds the quotient towards zero
@quickref math.frexp(x) -> float, int | Mantissa and exponent to base 2
@quickref math.ldexp(m, e) -> float | m times 2 to the power e
@quickref math.log(x, base?) -> float | Logarithm, natural without a base
@quickref math.max(x, ...) -> number | The largest argument
@quickref math.min(x, ...) -> number | The smallest argument
@quickref math.modf(x) -> number, float | Integral and fractional part
@quickref math.rad(x) -> float | Degrees as radians
@quickref math.random(m?, n?) -> number | Between 0 and 1, or an integer from 1 to m, or from m to n
@quickref math.randomseed(x?, y?) -> int, int | Start the random numbers anew
@quickref math.sin(x) -> float | Sine of radians
@quickref math.sqrt(x) -> float | Square root
@quickref math.tan(x) -> float | Tangent of radians
@quickref math.tointeger(x) -> int|nil | The integer that a number is, nil when it is none
@quickref math.type(x) -> str|nil | "integer", "float", or nil for what is no number
@quickref math.ult(m, n) -> bool | Whether m is below n as unsigned integers

@module utf8
@description Text in UTF-8: code points and positions
@quickref utf8.char(...) -> str | The string of these code points
@quickref utf8.codepoint(s, i?, j?, lax?) -> int... | Code points of the characters from byte i to byte j
@quickref utf8.codes(s, lax?) -> iterator | Byte positions and code points of all characters
@quickref utf8.len(s, i?, j?, lax?) -> int | Number of characters; nil and a position where it is not UTF-8
@quickref utf8.offset(s, n, i?) -> int | Byte position at which the n-th character starts

@module coroutine
@description Functions that pause and go on
@quickref coroutine.close(co) -> bool, value | End a paused coroutine and close its variables
@quickref coroutine.create(f) -> thread | A coroutine that will run a function
@quickref coroutine.isyieldable(co?) -> bool | Whether it can pause here
@quickref coroutine.resume(co, ...) -> bool, value... | Let it run until it pauses, ends or fails
@quickref coroutine.running() -> thread, bool | The coroutine that runs, and whether it is the main one
@quickref coroutine.status(co) -> str | "running", "suspended", "normal" or "dead"
@quickref coroutine.wrap(f) -> function | A coroutine as a function that resumes it
@quickref coroutine.yield(...) -> value... | Pause, and hand values to whoever resumed

@module io
@description Files in Lua's own way; see also fs
@quickref io.close(file?) -> bool | Close a file, or the standard output
@quickref io.flush() -> file | Hand on what was written to the standard output
@quickref io.input(file?) -> file | Read from that file from now on; without one the file in use
@quickref io.lines(filename?, ...) -> iterator | Lines of a file
@quickref io.open(filename, mode?) -> file|nil, str | Open a file: r, w, a, r+, w+, a+, with b for binary
@quickref io.output(file?) -> file | Write to that file from now on; without one the file in use
@quickref io.popen(prog, mode?) -> file | Run a program and read what it writes, or write to it; see also shell.exec
@quickref io.read(...) -> value... | Read from the standard input: "l", "n", "a" or a number of bytes
@quickref io.tmpfile() -> file | A file that goes away when it is closed
@quickref io.type(obj) -> str|nil | "file", "closed file", or nil for something else
@quickref io.write(...) -> file | Write to the standard output, without line ends

@module package
@description Where `require` looks
@quickref package.loaded -> table | Modules that are loaded, by name
@quickref package.path -> str | Patterns of files that `require` tries
@quickref package.preload -> table | Loaders of modules by name
@quickref package.searchers -> table | What `require` asks for a module, in order

@module lua
@description What stands in the globals
@quickref assert(v, message?, ...) -> value... | Its arguments; an error when the first is nil or false
@quickref collectgarbage(opt?, arg?) -> number | Run or tune the garbage collector: "collect", "count", "step"
@quickref error(message, level?) -> nothing | Raise an error
@quickref getmetatable(object) -> table|nil | The metatable of a value
@quickref ipairs(t) -> iterator | Indexes and members of a list
@quickref next(table, index?) -> key, value | The pair that follows a key
@quickref pairs(t) -> iterator | Keys and members of a table
@quickref pcall(f, ...) -> bool, value... | Call a function; false and the error where it fails
@quickref print(...) -> nil | Values as text, on a line
@quickref rawequal(v1, v2) -> bool | Whether two values are the same
@quickref rawget(table, index) -> value | A member, whatever the metatable says
@quickref rawlen(v) -> int | Length of a table or string, whatever the metatable says
@quickref rawset(table, index, value) -> table | Set a member, whatever the metatable says
@quickref require(modname) -> value | A module, loaded when it is first asked for
@quickref select(n, ...) -> value... | The arguments from number n on, or with "#" how many there are
@quickref setmetatable(table, metatable) -> table | Give a table a metatable
@quickref tonumber(e, base?) -> number|nil | The number that a string means
@quickref tostring(v) -> str | A value as text
@quickref type(v) -> str | Name of a value's type
@quickref xpcall(f, msgh, ...) -> bool, value... | pcall with a function that is handed the error where it happened
"""  # noqa: E501  a table

from __future__ import annotations
