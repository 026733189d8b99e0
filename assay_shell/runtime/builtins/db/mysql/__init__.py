"""MySQL and MariaDB: aiomysql opens the connection and proves who we are; statements then go by the binary protocol.

Parameters are bound by the server: what aiomysql itself does, writing values into the SQL text, is never used.
"""
