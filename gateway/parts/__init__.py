"""The composition of what an application and a command work with: `composed` gives all `Parts`, `opened` opens them.

    opening      opens what they are composed of, in order, and closes it in reverse
    composition  all parts
    reading      those that read statements, and those that know what was read
    tables       the tables that several parts work with
    given        what somebody has opened, and what the operator has chosen

Each part is built once, in `composition` or in what it calls, and nowhere else.
"""

from gateway.parts.composition import Parts, composed
from gateway.parts.given import UNSERVED, Options, Resources

__all__ = ["UNSERVED", "Options", "Parts", "Resources", "composed"]
