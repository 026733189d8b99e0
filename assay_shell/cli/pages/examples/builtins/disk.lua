local used = disk.usage("/").percent
assert.lt(used, 100.1, "disk is full")

local folder = fs.tempdir()
fs.write(folder .. "/a.log", ("x"):rep(1000))
print(disk.dir_size(folder) >= 1000)
fs.remove(folder)
--> true
