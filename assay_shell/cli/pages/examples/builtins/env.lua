print(env.get("HOME") == env.home())
print(env.get("NOT_SET_HERE"))
env.set("REGION", "eu-west-1") -- for this script and what it starts
print(shell.exec("echo $REGION").stdout)
--> true
--> nil
--> eu-west-1
-->
