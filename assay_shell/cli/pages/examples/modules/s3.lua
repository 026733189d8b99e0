local s3 = require("assay.s3").client({
  endpoint = env.get("S3_URL"), region = "eu-west-1",
  access_key = env.get("S3_ACCESS_KEY"), secret_key = env.get("S3_SECRET_KEY"),
})
s3:put_object("b", "a/b.txt", "hello", { content_type = "text/plain" })
print(s3:get_object("b", "a/b.txt"))
for _, object in ipairs(s3:list_objects("b").objects) do print(object.key, object.size) end
--> hello
--> a	5
--> b	0
