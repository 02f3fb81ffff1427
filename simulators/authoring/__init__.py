"""Help for the author of a new bank: its first files, and exchanges made of recorded traffic.

    new, templates                  the first files
    har, live, origin               recorded traffic, from a file or from a reading now
    record, masking, spellings      exchanges made of it, without a trace of whose account it was
    writer                          one exchange as YAML

Begin with `commands`. The guide is `contracts/README.md`.
"""
