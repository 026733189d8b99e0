local version = input("version to roll out: ")
print("rolling out", version)
