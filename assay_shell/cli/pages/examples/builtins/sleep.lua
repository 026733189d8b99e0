local started = time()
sleep(0.05) -- seconds; other tasks run meanwhile
print(time() - started >= 0.05)
--> true
