local now = time() -- seconds since 1970, with fractions
print(now > 1700000000, math.type(now))
--> true	float
