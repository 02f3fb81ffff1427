"""The composition of what an application and a command work with. `composed` gives all `Parts`.

given        what somebody has opened, and what the operator has chosen
tables       the tables that several parts work with
reading      the parts that read statements, and those that know what was read
composition  all parts
"""

from gateway.parts.composition import Parts, composed
from gateway.parts.given import UNSERVED, Options, Resources

__all__ = ["UNSERVED", "Options", "Parts", "Resources", "composed"]
