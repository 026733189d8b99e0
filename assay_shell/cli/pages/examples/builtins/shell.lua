local done = shell.exec("sort -u", { stdin = "b\na\nb\n", timeout = 10 })
print(done.status, #done.stdout)

-- What comes from outside is quoted, so that it stays one argument.
io.write(shell.exec("echo " .. shell.quote("x; rm -rf /")).stdout)
--> 0	4
--> x; rm -rf /
