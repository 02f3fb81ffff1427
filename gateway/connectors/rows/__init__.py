"""What some banks say of one movement: wire structs, tables of kinds, and how a row becomes an entry.

A module here has the name of its bank's connector, which alone imports it. It knows no account, no request and no
proof; how pages are got and proved whole stands in the connector. A small bank needs no module here: its rows stand in
the file of the connector.
"""
