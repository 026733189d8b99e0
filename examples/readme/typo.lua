local function fetch(url)
  local page = http.gett(url, { timeout = 5 })
  return page.body
end

print(fetch("http://127.0.0.1:8080/"))
