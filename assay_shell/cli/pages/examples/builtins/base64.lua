print(base64.encode("any bytes: \0\255"))
print(base64.decode("aGk="))
print(base64.encode_url("a?b>"))
--> YW55IGJ5dGVzOiAA/w==
--> hi
--> YT9iPg
