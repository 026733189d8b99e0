#!/usr/bin/env assay
-- Which services are short of replicas?

local services = yaml.parse(fs.read(arg[1])).services
local short = {}
for _, service in ipairs(services) do
  service.missing = service.replicas - service.ready
  if service.missing > 0 then short[#short + 1] = service end
end

io.stderr:write(template.render_string([[
{% for s in short %}{{ s.name }} misses {{ s.missing }} of {{ s.replicas }}, deployed on {{ s.on }}
{% endfor %}]], { short = short }))
print(json.encode({ short = #short, of = #services }))
