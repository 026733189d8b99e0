"""HTTP from the server's side: `http.serve` and `http.broadcast`.

What costs time to load (asyncio, httptools) is loaded by the first server, not by the first look into the group.
"""
