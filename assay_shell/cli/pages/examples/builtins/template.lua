io.write(template.render_string([[
{% for pod in pods if pod.restarts > 3 %}{{ pod.name }}: {{ pod.restarts }} restarts
{% endfor %}]], { pods = { { name = "cart-0", restarts = 7 }, { name = "cart-1", restarts = 0 } } }))
--> cart-0: 7 restarts
