print(crypto.hash("abc", "sha256"):sub(1, 16))
print(crypto.equal(crypto.hmac("key", "body"), crypto.hmac("key", "body")))

local token = crypto.jwt_sign({ sub = "ci", exp = time() + 60 }, "0123456789abcdef0123456789abcdef", "HS256")
print(crypto.jwt_decode(token).claims.sub)
--> ba7816bf8f01cfea
--> true
--> ci
