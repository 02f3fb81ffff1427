"""A certificate as a page, as JSON and as JUnit XML."""

import html
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec

from simulators.certify.certificate.suite import Certificate, Result
from simulators.certify.checks.levels import LEVELS

__all__ = ["FORMATS", "grounds", "write"]

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; text-transform: capitalize; }
table { border-collapse: collapse; width: 100%; }
td { padding: .4rem .6rem; border-top: 1px solid #ddd; vertical-align: top; }
td:first-child { width: 6rem; font-weight: 600; } td:last-child { text-align: right; color: #777; width: 5rem; }
.passed { color: #137333; } .failed { color: #b3261e; } .exempt { color: #8a5a00; }
pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; font-size: .85rem; }
"""


def write(certificate: Certificate, path: Path) -> None:
    """Write a report in the format of the file's suffix.

    Raises:
        KeyError: the suffix is none of `FORMATS`.
    """
    path.write_text(FORMATS[path.suffix](certificate), encoding="utf-8")


def grounds(certificate: Certificate) -> str:
    """What the certificate rests on: the contract's evidence, its hash, the operations without evidence."""
    counted = ", ".join(f"{number} {evidence}" for evidence, number in certificate.evidence.items())
    text = f"contract {certificate.contract_hash or 'unknown'}: {counted or 'no facts'}"
    if certificate.unwitnessed:
        text += f"; no observed or documented exchange of {', '.join(certificate.unwitnessed)}"
    return text


def to_json(certificate: Certificate) -> str:
    """The certificate as JSON."""
    body = {
        "verdict": certificate.verdict,
        "passed": certificate.passed,
        "level": certificate.level,
        **msgspec.to_builtins(certificate),
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def to_junit(certificate: Certificate) -> str:
    """The certificate as JUnit XML."""
    failures = [result for result in certificate.results if not result.passed]
    suite = ET.Element(
        "testsuite",
        name=f"certify {certificate.bank}",
        tests=str(len(certificate.results)),
        failures=str(len(failures)),
        skipped="0",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("verdict", certificate.verdict), ("grounds", grounds(certificate))):
        ET.SubElement(properties, "property", name=name, value=value)
    for result in certificate.results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"{certificate.bank}.{result.level}",
            name=result.name,
            time=str(result.seconds),
        )
        if not result.passed:
            failure = ET.SubElement(case, "failure", message=_printable(result.shortfall))
            failure.text = _printable("\n".join(_told(result, certificate)))
        elif result.exempt:
            ET.SubElement(case, "system-out").text = _printable(f"exempt: {result.exempt}")
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def to_html(certificate: Certificate) -> str:
    """The certificate as a page."""
    state, verdict = "passed" if certificate.passed else "failed", certificate.verdict
    level = certificate.level or "none"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{certificate.bank}: {verdict}</title>",
        f"<style>{STYLE}</style><h1>{html.escape(certificate.bank)}: <span class={state}>{verdict}</span></h1>",
        f"<p>Adapter <code>{html.escape(certificate.adapter)}</code>, level reached: <b>{level}</b>.</p>",
        f"<p>{certificate.examples} examples for each property.</p>",
        f"<p>{html.escape(grounds(certificate))}</p>",
    ]
    for name in LEVELS:
        rows = "".join(_row(result) for result in certificate.results if result.level == name)
        parts.append(f"<h2>{name}</h2><table>{rows}</table>")
    parts.append(f"<p>To repeat: <code>{html.escape(_again(certificate))}</code></p></html>")
    return "\n".join(parts)


def _row(result: Result) -> str:
    state = "exempt" if result.exempt else "passed" if result.passed else "failed"
    text = html.escape(result.what)
    if result.exempt:
        text += f"<br><i>{html.escape(result.exempt)}</i>"
    if result.shortfall:
        text += f"<br><b>{html.escape(result.shortfall)}</b>"
    if result.diagnosis:
        text += "".join(f"<br>{html.escape(words)}" for words in result.diagnosis)
    for part in (result.place, result.case, result.wire, result.again):
        text += f"<pre>{html.escape(part)}</pre>" if part else ""
    return f"<tr><td class={state}>{state}</td><td>{text}</td><td>{result.seconds:.2f} s</td></tr>"


def _told(result: Result, certificate: Certificate) -> list[str]:
    """All that helps to find what falls short, in the order in which it is looked at."""
    parts = [*result.diagnosis, result.place, result.case, result.wire, result.again or _again(certificate)]
    return [part for part in parts if part]


def _again(certificate: Certificate) -> str:
    return (
        f"simulators certify {certificate.bank} --adapter {certificate.adapter} "
        f"--seed {certificate.seed} --examples {certificate.examples}"
    )


def _printable(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)


FORMATS = {".html": to_html, ".json": to_json, ".xml": to_junit}
