-- Floats as JSON text: the shortest that reads back, always with a point or an exponent.

local core = ...
local find, format, gsub, rep, sub = string.find, string.format, string.gsub, string.rep, string.sub
local setmetatable, tonumber, tostring = setmetatable, tonumber, tostring

-- Looking the text of a small number up is several times faster than making it.
local function remembered(pattern)
  return setmetatable({}, {
    __index = function(texts, i)
      local text = format(pattern, i)
      texts[i] = text
      return text
    end,
  })
end

local INTEGERS = remembered("%d") -- 0 to 999
local FRACTIONS = { remembered(".%01d"), remembered(".%02d"), remembered(".%03d") }

-- The text of a float between 0 and 1e9 with at most three decimals, else nil.
local function few_decimals(v)
  local scale = 1
  for places = 1, 3 do
    scale = scale * 10
    local scaled = (v * scale + 0.5) // 1 -- exact below 2^53, and so is the division
    if scaled / scale == v then
      local whole = v // 1 | 0
      return (whole < 1000 and INTEGERS[whole] or whole) .. FRACTIONS[places][scaled - whole * scale]
    end
  end
end

-- The digits, as few as read back, and the power of ten of the first: "15", 16 for 1.5e16. Positive floats only.
local function shortest_digits(v)
  local text
  for digits = v < 0x1p-1022 and 1 or 15, 17 do -- every normal number has room for 15
    text = format("%." .. digits - 1 .. "e", v)
    if tonumber(text) == v then break end
  end
  local exponent = find(text, "e", 1, true)
  local power = tonumber(sub(text, exponent + 1))
  local digits = gsub(sub(text, 1, exponent - 1), "%.", "")
  if #digits == 17 then -- below a power of two numbers lie closer: the next 16 digits may read back as well
    local upper = tonumber(sub(digits, 1, 16)) + 1
    if tonumber(upper .. "e" .. power - 15) == v then digits = tostring(upper) end
  end
  return gsub(digits, "0+$", "", 1), power
end

local function in_decimals(digits, power)
  if power < 0 then return "0." .. rep("0", -power - 1) .. digits end
  if #digits <= power + 1 then return digits .. rep("0", power + 1 - #digits) end
  return sub(digits, 1, power + 1) .. "." .. sub(digits, power + 2)
end

-- A float outside the range that Lua itself writes without an exponent.
local function unusual_float_text(v)
  if v == 0 then return 1 / v < 0 and "-0.0" or "0.0" end
  local sign = v < 0 and "-" or ""
  local digits, power = shortest_digits(v < 0 and -v or v)
  if power >= -5 and power <= 15 then
    local text = in_decimals(digits, power)
    return sign .. text .. (find(text, ".", 1, true) and "" or ".0")
  end
  local fraction = #digits > 1 and "." .. sub(digits, 2) or ""
  return sign .. sub(digits, 1, 1) .. fraction .. (power > 0 and "e+" or "e") .. power
end

-- The shortest text that reads back; Lua's own has 15 or 17 digits.
local function float_text(v)
  if v > 0 and v < 1e9 then
    local text = few_decimals(v)
    if text then return text end
  end
  if (v >= 1e-4 and v < 1e15) or (v <= -1e-4 and v > -1e15) then
    local text = tostring(v)
    if #text < 18 or v % 1 == 0 then return text end
    local shorter = format("%.16g", v)
    return #shorter < #text and tonumber(shorter) == v and shorter or text
  end
  return unusual_float_text(v)
end

-- As a key: never an exponent.
local function float_key(v)
  if v == 1 / 0 then return "inf" end
  if v == -1 / 0 then return "-inf" end
  local digits, power = shortest_digits(v < 0 and -v or v)
  return (v < 0 and "-" or "") .. in_decimals(digits, power)
end

core.integer_texts, core.float_text, core.float_key = INTEGERS, float_text, float_key
