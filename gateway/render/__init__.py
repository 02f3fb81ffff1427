"""A statement in the formats the gateway offers.

`formats` is the table of them: name, media type, renderer. A module `to_<format>` is one renderer; begin with
`to_json`, the public shape. `changes` renders what has changed since a caller last asked. The renderers share
`amounts`, `instants`, `plain_text` and `in_portuguese`, and make one part of a document of each batch of entries
(`gateway.concurrency.pacing`). `postable` decides for formats whose importers post everything which entries may be in
a file.
"""
