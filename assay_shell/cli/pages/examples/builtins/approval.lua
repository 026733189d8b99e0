-- In tool mode the run ends here with a request; `assay resume` runs it again with the answer.
if approval.request("Restart cart?", { replicas = 3 }) then
  print("restarting")
else
  print("left alone")
end
