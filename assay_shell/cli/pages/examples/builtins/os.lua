print(os.platform() == "linux" or os.platform() == "macos")
print(#os.hostname() > 0, os.date("!%Y-%m-%d", 0))
--> true
--> true	1970-01-01
