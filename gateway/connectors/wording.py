"""Texts of a row: puts them together without loss and repetition, and reads the kind of movement from them."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gateway.connectors import fields
from gateway.connectors.tables import Kinds
from gateway.limits import COMPARED_CHARACTERS
from gateway.model import TransactionType

__all__ = [
    "abbreviates",
    "balance_called",
    "composed",
    "end_to_end_id",
    "end_to_end_id_within",
    "first_of",
    "has",
    "is_number",
    "kind_of",
    "named_texts",
    "names_balance",
    "text_of",
    "texts_within",
]

TEXTS = {
    TransactionType.PIX: (
        *("pix", "crédito pix", "débito pix", "transferência pix", "estorno pix", "estorno de pix"),
        *("devolução pix", "devolução de pix", "devolução crédito pix", "devolução débito pix"),
    ),
    TransactionType.TED: ("ted", "crédito ted", "débito ted", "transferência ted", "devolução ted", "estorno ted"),
    TransactionType.DOC: ("doc", "crédito doc", "débito doc"),
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("transferência entre contas", "transferência interna"),
    TransactionType.BOLETO: (
        *("boleto", "pagamento boleto", "pagamento de boleto", "recebimento boleto", "recebimento de boleto"),
        *("liquidação boleto", "liquidação de boleto", "pagamento título", "pagamento de título"),
    ),
    TransactionType.CONVENIO_ARRECADACAO: (
        *("pagamento tributo", "pagamento de tributo", "pagamento convênio", "pagamento de convênio"),
        *("darf", "pagamento darf", "pagamento de darf", "pagamento simples nacional"),
    ),
    TransactionType.PACOTE_TARIFA_SERVICOS: ("pacote de tarifas", "pacote de serviços", "tarifa pacote"),
    TransactionType.TARIFA_SERVICOS_AVULSOS: (
        *("tarifa", "tar", "débito tarifa", "estorno tarifa", "estorno de tarifa"),
    ),
    TransactionType.FOLHA_PAGAMENTO: ("folha", "pagamento salário", "pagamento de salário"),
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("rendimento", "rendimentos"),
    TransactionType.RESGATE_APLIC_FINANCEIRA: ("resgate",),
    TransactionType.CARTAO: ("cartão", "compra cartão", "compra com cartão", "compra no cartão"),
    TransactionType.DEPOSITO: ("depósito",),
    TransactionType.SAQUE: ("saque",),
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("juros cheque especial", "juros de cheque especial"),
    TransactionType.OPERACAO_CREDITO: ("empréstimo", "liberação de crédito"),
}
"""How texts of banks begin that write a movement in plain words. An open list: what is not here is no kind."""

BALANCES = frozenset(
    {
        *("SALDO", "S A L D O", "SALDO ANTERIOR", "SALDO ANT", "SALDO INICIAL", "SALDO FINAL", "SALDO ATUAL"),
        *("SALDO DO DIA", "SALDO DIA", "SALDO EM CONTA", "SALDO DISPONIVEL", "SALDO TOTAL", "SALDO BLOQUEADO"),
    }
)
"""Whole texts of rows that are balances, at banks that have such rows."""

_KINDS = Kinds({kind: [f"{text} " for text in texts] for kind, texts in TEXTS.items()})
END_TO_END_CHARACTERS = 32
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")


def composed(*texts: Any) -> str:
    """The texts with ` - ` between them, without blank ones and without those whose words stand in another one.

    Words are compared without case, accents and punctuation. Values that are no texts are read by `text_of`. Only the
    first `COMPARED_CHARACTERS` of all texts are searched for the words of others; equal texts are always left out.
    """
    found = [text for sent in texts if sent and (text := text_of(sent))]
    if len(found) < 2:
        return "".join(found)
    kept: dict[str, str] = {}
    shown = words = ""
    for text in found:
        folded = f" {fields.fold(text)} "
        has_words = bool(folded.strip())
        key = folded if has_words else text
        if key in kept or key in (words if has_words else shown):
            continue
        kept[key] = text
        if len(shown) + len(text) < COMPARED_CHARACTERS:
            shown += f"{text}\n"
            words += f"{folded}\n"
    return " - ".join(kept.values())


def has(text: str, part: str) -> bool:
    """Whether a text has the words of another in a row."""
    words = fields.fold(part)
    return f" {words} " in f" {fields.fold(text)} " if words else part in text


def abbreviates(short: str, full: str) -> bool:
    """Whether each word of a text is the beginning of one in another, in the same order."""
    words = iter(fields.fold(full).split())
    return all(any(word.startswith(begins) for word in words) for begins in fields.fold(short).split())


def names_balance(text: str) -> bool:
    """Whether a text is, as a whole, what banks call a balance; a movement may begin with the same words."""
    return fields.fold(text) in BALANCES


def balance_called(description: str) -> str:
    """What a description calls a balance, folded, if it does so before whatever else it says; else empty."""
    text = description.lstrip()
    # Few begin so, and folding takes longer than this.
    if not text.startswith(("S", "s")):
        return ""
    name = fields.fold(text.partition(" - ")[0])
    return name if name in BALANCES else ""


def kind_of(*texts: Any) -> TransactionType:
    """The kind of movement that the first of these texts in plain Portuguese begins with, by whole words, or OUTROS."""
    return _KINDS.of(*texts)


def end_to_end_id(*candidates: Any) -> str | None:
    """The first of the values that is the end-to-end id of a Pix: `E` or, for a return, `D`, and 31 more characters."""
    for value in candidates:
        # Most texts are too short to be one.
        if isinstance(value, str) and len(value) >= END_TO_END_CHARACTERS:
            found = value.strip()
            if len(found) == END_TO_END_CHARACTERS and found[0] in "ED" and found.isascii() and found.isalnum():
                return found
    return None


def end_to_end_id_within(*texts: str) -> str | None:
    """The first end-to-end id of a Pix that stands somewhere in texts, whatever punctuation is around it."""
    return next(
        (
            found
            for text in texts
            # Most texts are too short to hold one.
            if len(text) >= END_TO_END_CHARACTERS and (found := end_to_end_id(*_LETTERS_AND_DIGITS.findall(text)))
        ),
        None,
    )


def is_number(value: Any) -> bool:
    """Whether a value is a number, which yes and no are to Python too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_of(value: Any) -> str:
    """A text as `fields.text` gives it, a number as one, or all texts of something that holds some; else empty."""
    if isinstance(value, str):
        return fields.text(value)
    if is_number(value):
        return fields.word(value) or str(value)
    return fields.text(" ".join(texts_within(value)))


def first_of(*values: Any) -> str | None:
    """The first of the values in which `text_of` finds a text."""
    return next(filter(None, map(text_of, values)), None)


def named_texts(detail: Mapping[str, Any], known: Collection[str | None] = ()) -> Iterator[str]:
    """Each text or number that an object has, with its name where it has no letters; zeros tell nothing.

    Args:
        detail: the object.
        known: what is told elsewhere.
    """
    for name, value in detail.items():
        for text in filter(None, map(fields.optional_text, [str(value)] if is_number(value) else texts_within(value))):
            if text not in known and text.strip(" 0.,"):
                yield text if any(map(str.isalpha, text)) else f"{name} {text}".strip()


def texts_within(value: Any, without: Sequence[str] = ()) -> Iterator[str]:
    """All texts of a value and of what it holds, in order; the keys `without` are passed over at its top."""
    found: list[str] = []
    if value:
        _gather(value, without, found)
    return iter(found)


def _gather(value: Any, without: Sequence[str], found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in without:
                _gather(inner, (), found)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, (), found)
