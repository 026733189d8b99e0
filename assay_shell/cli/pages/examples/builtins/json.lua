local config = json.parse('{"replicas": 3, "tags": [], "owner": null}')
config.replicas = config.replicas + 1
print(json.encode({ replicas = config.replicas, tags = config.tags }))

-- An empty table is a list. json.object says otherwise; { exact = true } keeps what was there.
print(json.encode({ labels = json.object(), same = json.parse("{}", { exact = true }) }))
--> {"replicas":4,"tags":[]}
--> {"labels":{},"same":{}}
