"""The composition of what an application and a command work with: `composed` gives all `Parts`, `opened` opens them.

    opening      opens what they are composed of, in order, and closes it in reverse
    composition  all parts
    given        what somebody has opened, and what the operator has chosen

Each part is built once, in `composition`, and nowhere else.
"""

from gateway.parts.composition import Parts, composed
from gateway.parts.given import UNSERVED, Options, Resources

__all__ = ["UNSERVED", "Options", "Parts", "Resources", "composed"]
