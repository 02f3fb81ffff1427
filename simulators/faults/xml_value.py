"""An XML answer as a value of the same kind as JSON, and back, so that the same faults change both.

An element with others in it is an object, children of one name are a list, attributes are fields whose names begin with
`@`, and any other element is its text.
"""

from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["from_xml", "to_xml"]


def from_xml(written: bytes | str) -> tuple[str, dict[str, Any]]:
    """The name of the outermost element, and its value.

    Raises:
        ValueError: it is no XML, or nothing but a text.
    """
    try:
        # Our own simulated bank has written it.
        root = ET.fromstring(written)  # noqa: S314
    except ET.ParseError as error:
        raise ValueError("no XML") from error
    value = _value(root)
    if not isinstance(value, dict):
        raise ValueError("nothing but a text")  # noqa: TRY004 - it is about the answer, not about a type
    return root.tag, value


def to_xml(name: str, value: Any) -> bytes:
    """The XML of a value; fields without a value become empty elements."""
    root = ET.Element(name)
    _fill(root, value)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _value(element: ET.Element) -> Any:
    found: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        if child.tag not in found:
            same = [_value(each) for each in element if each.tag == child.tag]
            found[child.tag] = same if len(same) > 1 else same[0]
    return found or element.text or ""


def _fill(element: ET.Element, value: Any) -> None:
    if not isinstance(value, dict):
        element.text = "" if value is None else str(value)
        return
    for name, each in value.items():
        if name.startswith("@"):
            element.set(name[1:], "" if each is None else str(each))
            continue
        for item in each if isinstance(each, list) else [each]:
            _fill(ET.SubElement(element, name), item)
