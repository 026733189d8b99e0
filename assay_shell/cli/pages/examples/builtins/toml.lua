local config = toml.parse([[
[server]
port = 8080
hosts = ["a", "b"]
]])
print(config.server.port, #config.server.hosts)
print(toml.encode({ port = config.server.port }))
--> 8080	2
--> port = 8080
-->
