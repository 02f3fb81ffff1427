"""Opens the database and brings it to the newest schema.

    database      the engine of SQLAlchemy, and what the whole process does with the database
    connecting    connections: how they are opened, set up, and checked before they are used
    transactions  functions of a connection, each run in a thread from its beginning to its end
    stores        what classes of queries have in common
    schema        makes the tables of an empty database, or alters older ones
    tables        where all tables are listed
    column_types  columns that both kinds of database give back alike
    server_clock  the clock by which all machines go that share a PostgreSQL
    rows          rows as the structs that queries return
    listing       lists in parts, and the cursor at which a list goes on

Begin with `transactions`: all queries are written in its terms.
"""
