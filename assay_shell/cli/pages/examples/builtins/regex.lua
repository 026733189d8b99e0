-- Linear time whatever the pattern; \d and friends as in most languages.
local line = "GET /cart 503 12ms"
local found = regex.captures(line, [[^(?P<method>\w+) (\S+) (\d{3})]])
print(found.named.method, found.groups[2], found.groups[3])
print(regex.replace(line, [[\d+ms]], "?ms"))
print(table.concat(regex.find_all("a1 b22", [[\d+]]), " "))
--> GET	/cart	503
--> GET /cart 503 ?ms
--> 1 22
