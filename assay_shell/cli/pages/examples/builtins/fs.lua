local folder = fs.tempdir()
fs.write(folder .. "/conf.d/app.ini", "level = info\n")
fs.append(folder .. "/conf.d/app.ini", "port = 8080\n")

for _, path in ipairs(fs.glob(folder .. "/**/*.ini")) do
  print(path:match("[^/]+$"), fs.stat(path).size)
end
fs.remove(folder)
print(fs.exists(folder))
--> app.ini	25
--> false
