local manifest = yaml.parse([[
kind: Deployment
spec:
  replicas: 3
  strategy: { type: Recreate }
]])
manifest.spec.replicas = 5
print(manifest.spec.strategy.type)
print(yaml.parse(yaml.encode(manifest)).spec.replicas)
--> Recreate
--> 5
