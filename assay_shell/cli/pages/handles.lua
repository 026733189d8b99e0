-- One handle of each kind: what their methods do is known only once one was made. Nothing is connected to.
temporal.connect({ url = "127.0.0.1:1", lazy = true })
db.connect("sqlite::memory:"):close()
http.broadcast():close()
view.progress(1):finish()
http.serve(0, { GET = {} }, { host = "127.0.0.1", background = true }):stop(0)
view.table({ { name = "cart" } })
