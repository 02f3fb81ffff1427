"""A statement in the formats the gateway offers.

`formats` is the table of them: name, media type, renderer. A module `to_<format>` is one renderer; begin with
`to_json`, the public shape. `changes` renders what has changed since a caller last asked. The renderers share `batches`
(long statements in parts), `amounts`, `instants`, `plain_text` and `in_portuguese`; `postable` decides for formats
whose importers post everything which entries may be in a file.
"""
