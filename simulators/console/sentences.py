"""Portuguese for the English sentences of the simulators: rules that refused a call, and refusals of the control API.

Journal and control API speak English, for programs and logs. A sentence is translated whole or not at all: one that no
form below fits, such as a rule of a bank from another package, stays as it is and is marked as English.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["in_portuguese"]

LONGEST = 2_000
"""Characters of a text that is looked at; a longer one stays as it is."""
DEEPEST = 4
"""Sentences within sentences."""

Forms = Sequence[tuple[str, str]]

# The name `t` is a sentence of its own, which is translated too; all other names are taken over as they are.
FORMS: Forms = (
    # where something is wrong
    (r"header (?P<a>\S+): (?P<t>.+)", "cabeçalho {a}: {t}"),
    (r"header (?P<a>\S+) stands twice: (?P<t>.+)", "o cabeçalho {a} aparece duas vezes: {t}"),
    (r"header (?P<a>\S+) missing: (?P<t>.+)", "falta o cabeçalho {a}: {t}"),
    (r"header (?P<a>\S+) missing", "falta o cabeçalho {a}"),
    (r"header (?P<a>\S+) has (?P<b>.+), which is not the token's client_id",
     "o cabeçalho {a} tem {b}, que não é o client_id do token"),
    (r"header (?P<a>\S+) is not for production", "o cabeçalho {a} não é para a produção"),
    (r"headers user and token are not read, HTTP Basic is", "os cabeçalhos user e token não são lidos, HTTP Basic é"),
    (r"client_id (?P<a>\S+) is no partner's", "o client_id {a} não é de um parceiro"),
    (r"parameters (?P<a>\S+) and (?P<b>\S+): (?P<t>.+)", "parâmetros {a} e {b}: {t}"),
    (r"parameter (?P<a>\S+): (?P<t>.+)", "parâmetro {a}: {t}"),
    (r"parameter (?P<a>\S+) missing: (?P<t>.+)", "falta o parâmetro {a}: {t}"),
    (r"parameter (?P<a>\S+) missing", "falta o parâmetro {a}"),
    (r"parameter (?P<a>\S+) has (?P<b>.+), which is not the application's",
     "o parâmetro {a} tem {b}, que não é da aplicação"),
    (r"(?P<a>.+) and (?P<b>\S+) missing in the token request", "faltam {a} e {b} no pedido de token"),
    (r"(?P<a>\S+) or (?P<b>\S+) missing in the token request", "falta {a} ou {b} no pedido de token"),
    (r"(?P<a>\S+) missing in the token request", "falta {a} no pedido de token"),
    (r"a parameter stands twice", "um parâmetro aparece duas vezes"),
    (r"the body is compressed \((?P<a>\S+)\), which is not read", "o corpo vem comprimido ({a}), o que não se lê"),
    (r"credentials in the form are not read", "credenciais no formulário não são lidas"),
    (r"credentials in the address are not read", "credenciais no endereço não são lidas"),
    (r"Basic credentials are not read", "credenciais Basic não são lidas"),
    (r"the body is nothing, must be (?P<a>\S+)", "o corpo não diz o seu tipo, e deve ser {a}"),
    (r"the body is (?P<a>\S+), must be (?P<b>\S+)", "o corpo é {a}, e deve ser {b}"),
    # what was wanted and what came
    (r"(?P<t>.+), got nothing", "{t}; não veio nada"),
    (r"(?P<t>.+), got the scheme alone", "{t}; veio só o esquema"),
    (r"(?P<t>.+), got the scheme (?P<a>.+)", "{t}; veio o esquema {a}"),
    (r"(?P<t>.+), got a value without a scheme", "{t}; veio um valor sem esquema"),
    (r"(?P<t>.+), got some that cannot be read", "{t}; veio algo que não se lê"),
    (r"(?P<t>.+), got (?P<a>.+)", "{t}; veio {a}"),
    (r"must be a day as (?P<a>\S+)", "deve ser um dia como {a}"),
    (r"must be a day or an instant as (?P<a>\S+)", "deve ser um dia ou um instante como {a}"),
    (r"must be an instant of UTC as (?P<a>\S+)", "deve ser um instante em UTC como {a}"),
    (r"must be days as (?P<a>\S+) or (?P<b>\S+), a first zero left out",
     "devem ser dias como {a} ou {b}, sem o primeiro zero"),
    (r"must be days as (?P<a>\S+) or (?P<b>\S+)", "devem ser dias como {a} ou {b}"),
    (r"must be a number from (?P<a>\S+) to (?P<b>\S+)", "deve ser um número de {a} a {b}"),
    (r"must be a number of at most four digits", "deve ser um número de no máximo quatro dígitos"),
    (r"must be (?P<a>\d+) digits of branch and account", "deve ter {a} dígitos de agência e conta"),
    (r"must be an address of http or https", "deve ser um endereço http ou https"),
    (r"must have digits alone", "deve ter só dígitos"),
    (r"must be one of (?P<a>.+)", "deve ser um de {a}"),
    (r"must be true or false", "deve ser true ou false"),
    (r"must be (?P<a>\S+), the caller's", "deve ser {a}, de quem chama"),
    (r"must be (?P<a>.+) or (?P<b>\S+), the caller's", "deve ser {a} ou {b}, de quem chama"),
    (r"must be (?P<a>.+) or (?P<b>\S+)", "deve ser {a} ou {b}"),
    (r"must be (?P<a>[^\s,]+)", "deve ser {a}"),
    (r"(?P<a>\d+) is after the last page", "{a} vem depois da última página"),
    (r"no cursor of this list", "não é um cursor desta lista"),
    (r"a scope must be asked for", "é preciso pedir um escopo"),
    (r"a partner has no grant (?P<a>.+)", "um parceiro não tem o grant {a}"),
    (r"no scroll (?P<a>\S+) is active, it has ended or rested too long",
     "o scroll {a} não está ativo: acabou, ou ficou parado demais"),
    (r"the account is no savings[ _]account.*", "a conta não é uma poupança"),
    # who calls, and with what
    (r"(?P<a>.+) missing: the call carries no credentials", "falta {a}: o pedido não traz credenciais"),
    (r"it must carry Basic credentials", "ele deve trazer credenciais Basic"),
    (r"it must carry a Bearer token", "ele deve trazer um token Bearer"),
    (r"(?P<a>\S+) \(none\) is unknown here", "falta {a}"),
    (r"(?P<a>\S+) (?P<b>…\S*) is unknown here", "{a} {b} não é conhecido aqui"),
    (r"(?P<a>client secret|password|token)(?P<c> …\S*)? does not belong to (?P<b>.+)", "{a}{c} não é de {b}"),
    (r"no client certificate shown", "nenhum certificado de cliente foi mostrado"),
    (r"handshake refused: (?P<t>.+)", "aperto de mão recusado: {t}"),
    (r"no certificate was asked for, since TLS named the server nothing",
     "nenhum certificado foi pedido, porque o TLS não disse o nome do servidor"),
    (r"no certificate was asked for, since TLS named the server (?P<a>\S+)",
     "nenhum certificado foi pedido, porque o TLS disse o servidor {a}"),
    (r"the client does not trust the authority of the simulated banks \(ca\.pem\)",
     "o cliente não confia na autoridade dos bancos simulados (ca.pem)"),
    (r"the client does not accept the certificate of the simulated bank",
     "o cliente não aceita o certificado do banco simulado"),
    (r"the client speaks HTTP without TLS", "o cliente fala HTTP sem TLS"),
    (r"the client does not speak TLS", "o cliente não fala TLS"),
    (r"the client offers no version of TLS from 1\.2 on", "o cliente não oferece TLS a partir da versão 1.2"),
    (r"client certificate not accepted: (?P<a>.+)", "certificado de cliente não aceito: {a}"),
    (r"request not read: (?P<t>.+)", "pedido não lido: {t}"),
    (r"the client speaks HTTP/2, the banks are played in HTTP/1\.1",
     "o cliente fala HTTP/2, e os bancos simulados falam HTTP/1.1"),
    (r"the address has a blank, which must be written %20", "o endereço tem um espaço, que se escreve %20"),
    (r"the address has a character that must be percent-encoded",
     "o endereço tem um caractere que deve ser escrito com %"),
    (r"a header goes on in a second line", "um cabeçalho continua em outra linha"),
    (r"Content-Length and Transfer-Encoding exclude each other", "Content-Length e Transfer-Encoding não vão juntos"),
    (r"it is no request of HTTP/1\.1", "não é um pedido de HTTP/1.1"),
    (r"the client asks for a proxy, and the banks are reached directly",
     "o cliente pede um proxy, e os bancos são alcançados diretamente"),
    (r"path, query and headers are too large, or the query has too many parameters",
     "caminho, parâmetros e cabeçalhos são grandes demais, ou os parâmetros são muitos"),
    (r"the body has more than (?P<a>\d+) bytes", "o corpo tem mais de {a} bytes"),
    (r"must be the host name of a bank", "deve ser o nome do host de um banco"),
    (r"(?P<a>(?:ssl|tls)v\d+ alert .+)", "alerta {a}"),
    (r"certificate of another application: it does not belong to account (?P<a>\S+)",
     "certificado de outra aplicação: não é da conta {a}"),
    (r"client assertion of client_id (?P<a>\S+): (?P<b>.+)", "asserção do client_id {a}: {b}"),
    (r"account (?P<a>\S+) is not the caller's account (?P<b>\S+)", "a conta {a} não é a de quem chama, {b}"),
    (r"scope (?P<a>.+) missing: token has no scope", "falta o escopo {a}: o token não tem nenhum"),
    (r"scope (?P<a>.+) missing: token has (?P<b>.+)", "falta o escopo {a}: o token tem {b}"),
    (r"scope (?P<a>.+) is not the client's, which has (?P<b>.+)", "o escopo {a} não é do cliente, que tem {b}"),
    (r"workspace (?P<a>\S+) is not the application's, which is (?P<b>\S+)",
     "o workspace {a} não é o da aplicação, {b}"),
    (r"company (?P<a>\S+) is not (?P<b>\S+), which consented", "a empresa {a} não é a que autorizou, {b}"),
    (r"token (?P<a>\S+) expired at (?P<b>\S+)", "o token {a} venceu em {b}"),
    (r"token (?P<a>\S+) expired: it was used as often as it may be",
     "o token {a} venceu: foi usado quantas vezes podia"),
    (r"token (?P<a>\S+) unknown in (?P<b>\S+): it was issued in (?P<c>\S+)",
     "o token {a} não é conhecido em {b}: foi emitido em {c}"),
    (r"token (?P<a>\S+) unknown in (?P<b>\S+)", "o token {a} não é conhecido em {b}"),
    (r"token (?P<a>\S+) replaced by a later one, or its account's right to log in was taken away",
     "o token {a} foi substituído por outro, ou a conta perdeu o direito de entrar"),
    (r"refresh token (?P<a>\S+) is not the last one that was given", "o refresh token {a} não é o último que foi dado"),
    (r"refresh token (?P<a>\S+) expired at (?P<b>\S+)", "o refresh token {a} venceu em {b}"),
    (r"refresh token (?P<a>\S+)(?: is)? unknown in (?P<b>[^\s,]+)(?:, or used up)?",
     "o refresh token {a} não é conhecido em {b}, ou já foi usado"),
    (r"code (?P<a>\S+) is unknown, used, expired, or not of this client, environment, redirect_uri and verifier",
     "o código {a} não é conhecido, foi usado, venceu, ou não é deste cliente, ambiente, redirect_uri e verificador"),
    (r"the sandbox has applications of its own, and none is played",
     "o sandbox tem aplicações próprias, e nenhuma é imitada"),
    # which days
    (r"period (?P<a>\S+) to (?P<b>\S+) has no entries", "o período de {a} a {b} não tem lançamentos"),
    (r"period (?P<a>\S+) to (?P<b>\S+): (?P<t>.+)", "período de {a} a {b}: {t}"),
    (r"period: no days of the month (?P<a>\S+) are (?P<b>\S+) to (?P<c>\S+)",
     "período: o mês {a} não tem dias de {b} a {c}"),
    (r"longer than (?P<a>\d+) days", "tem mais de {a} dias"),
    (r"begins over (?P<a>\d+) years ago", "começa há mais de {a} anos"),
    (r"it ends before it begins", "acaba antes de começar"),
    (r"(?P<a>\w+) is after (?P<b>\w+)", "{a} vem depois de {b}"),
    (r"(?P<a>\w+) is after (?P<b>\w+), or the month is too old or too far ahead",
     "{a} vem depois de {b}, ou o mês é antigo ou futuro demais"),
    (r"at most (?P<a>\d+) days, (?P<b>\w+) not after (?P<c>\w+)", "no máximo {a} dias, {b} não depois de {c}"),
    (r"must be (?P<a>\d+) to (?P<d>\d+) days, (?P<b>\w+) not after (?P<c>\w+)",
     "deve ter de {a} a {d} dias, {b} não depois de {c}"),
    (r"(?P<a>\w+) must not be after (?P<b>\w+), nor the period too long",
     "{a} não pode vir depois de {b}, nem o período ser longo demais"),
    (r"start must not be after end, and both lie from (?P<a>\d+) to (?P<b>\d+)",
     "o início não pode vir depois do fim, e os dois vão de {a} a {b}"),
    (r"day (?P<a>\S+) not found: nothing moved", "dia {a} não encontrado: nada se moveu"),
    (r"day (?P<a>\S+) not found: EDI reaches from (?P<b>\S+) to today",
     "dia {a} não encontrado: o EDI vai de {b} até hoje"),
    # what was arranged
    (r"fault (?P<a>\S+) \(id (?P<b>\w+)\)", "falha {a} (id {b})"),
    (r"token (?P<a>\S+) by (?P<t>fault .+)", "token dado como {a} pela {t}"),
    (r"scenario (?P<a>\S+) refuses the credentials", "o cenário {a} recusa as credenciais"),
    (r"scenario (?P<a>\S+) refuses all calls", "o cenário {a} recusa todo pedido"),
    (r"scenario (?P<a>\S+) refuses (?P<b>\S+) calls", "o cenário {a} recusa pedidos de {b}"),
    (r"documented limit of (?P<a>\d+) (?P<b>\S+) calls a minute used up",
     "esgotado o limite documentado de {a} pedidos de {b} por minuto"),
    (r"documented limit of (?P<a>\S+) calls used up", "esgotado o limite documentado de pedidos de {a}"),
    (r"the connection is ended by a fault before anything is answered",
     "uma falha encerra a conexão antes de qualquer resposta"),
    # which operation
    (r"a write operation of the bank, which no client of read scopes may call",
     "uma operação de escrita do banco, que nenhum cliente de escopos de leitura pode chamar"),
    (r"no operation has (?P<a>\w+) (?P<b>\S+)", "nenhuma operação tem {a} {b}"),
    (r"(?P<a>[A-Z]+) (?P<b>\S+) is (?P<c>\w+) at the host (?P<d>\S+)", "{a} {b} é {c} no host {d}"),
    (r"(?P<a>[A-Z]+) (?P<b>\S+) is (?P<c>\w+)", "{a} {b} é {c}"),
    (r"(?P<a>\w+): the bank refuses in these words, and gives no other reason",
     "{a}: o banco recusa com estas palavras, sem outro motivo"),
    (r"status (?P<a>\d+) of (?P<b>\S+), without a reason", "status {a} de {b}, sem motivo"),
    (r"status (?P<a>\d+) of a call that no contract lists, without a reason",
     "status {a} de um pedido que nenhum contrato lista, sem motivo"),
    # refusals of the control API
    (r"there is no (?P<a>bank|fault|scenario) (?P<b>'[^']*'), only (?P<c>.+)", "não há {a} {b}, só {c}"),
    (r"there is no (?P<a>bank|world) (?P<b>'[^']*')", "não há {a} {b}"),
    (r"there is no fault (?P<a>'[^']*') that can be stopped", "não há a falha {a} para parar"),
    (r"there is a world (?P<a>'[^']*') already", "já há um mundo {a}"),
    (r"there are (?P<a>\d+) worlds, and no more at a time", "no máximo {a} mundos de cada vez"),
    (r"there are (?P<a>\d+) accounts, and no more at a time", "no máximo {a} contas de cada vez"),
    (r"there are (?P<a>\d+) faults, and no more at a time", "no máximo {a} falhas de cada vez"),
    (r"one to 64 letters, digits and \. _ -, beginning with a letter or digit",
     "de 1 a 64 letras, dígitos e . _ -, a começar por letra ou dígito"),
    (r"(?P<a>'[^']*') does not happen at (?P<b>\w+), only (?P<c>.+)", "{a} não acontece em {b}, só {c}"),
    (r"(?P<a>\w+) takes only (?P<b>.+)", "{a} aceita só {b}"),
    (r"(?P<a>\w+) takes no parameters", "{a} não aceita parâmetros"),
    (r"(?P<a>'[^']*') is a matter of how an account is opened: open a new one in it",
     "{a} depende de como a conta foi aberta: abra outra nele"),
    (r"the account was opened in (?P<a>'[^']*') and cannot leave it: open a new one",
     "a conta foi aberta em {a} e não pode sair: abra outra"),
    (r"(?P<a>\w+) has that account already", "{a} já tem essa conta"),
    (r"(?P<a>\w+) has no account (?P<b>\S+)", "{a} não tem a conta {b}"),
    (r"(?P<a>\w+) has none of (?P<b>'[^']*'), only (?P<c>.+)", "{a} não tem {b}, só {c}"),
    (r"(?P<a>\w+) cannot act on the connection itself", "{a} não age na própria conexão"),
    (r"at most (?P<a>\d+) characters", "no máximo {a} caracteres"),
    (r"(?P<a>\S+) is not from (?P<b>\d+) to (?P<c>\d+)", "{a} não fica entre {b} e {c}"),
    (r"the calendar ends before that", "o calendário acaba antes"),
    (r"the clock stands still, and does not glide", "o relógio está parado e não anda aos poucos"),
    (r"lies before the first day(?: of the ledger)?, (?P<a>\S+)", "fica antes do primeiro dia, {a}"),
    (r"stands where movements are made up, not beside entries",
     "vale onde os lançamentos são inventados, não ao lado de entries"),
    (r"must be reais with at most two decimals, negative for a debit",
     "deve ser um valor em reais com no máximo duas casas, negativo no débito"),
    (r"must be reais as a text with at most two decimals", "deve ser um texto em reais com no máximo duas casas"),
    (r"must be a day, as ISO 8601 or dd/mm/yyyy", "deve ser um dia, como ISO 8601 ou dd/mm/aaaa"),
    (r"must be YYYYMMDD, with or without a time", "deve ser AAAAMMDD, com ou sem hora"),
    (r"the header has no such column; it must be the first line",
     "o cabeçalho não tem essa coluna; ele deve ser a primeira linha"),
    (r"there is no such column", "não há essa coluna"),
    (r"is cut off: its end, (?P<a>\S+), is missing", "está cortado: falta o fim, {a}"),
    (r"is no JSON: (?P<t>.+)", "não é JSON: {t}"),
    (r"it is not in UTF-8(?: \(line (?P<a>\d+)\))?", "não está em UTF-8"),
    (r"it is nested too deeply", "tem níveis demais"),
    (r"is none of (?P<a>[A-Z_]+(?:, [A-Z_]+)*)", "não é um de {a}"),
    (r"(?P<a>\w+) expresses no (?P<b>debit|credit) of (?P<c>\w+)", "{a} não exprime {c} a {b}"),
    (r"nearest: (?P<a>.+)", "os mais próximos: {a}"),
    (r"Expected `(?P<a>[^`]+)`, got `(?P<b>[^`]+)`", "esperado `{a}`, veio `{b}`"),
    (r"Expected `(?P<a>[^`]+)` (?P<b>[<>]=?) (?P<c>\S+)", "esperado `{a}` {b} {c}"),
    (r"Expected `(?P<a>[^`]+)`", "esperado `{a}`"),
    (r"Invalid enum value (?P<a>.+)", "valor que não existe: {a}"),
    (r"Object contains unknown field `(?P<a>[^`]+)`", "o campo `{a}` não existe"),
    (r"(?P<t>.+) - at `(?P<a>[^`]+)`", "{t} - em `{a}`"),
    (r"entry (?P<a>\d+): (?P<t>.+)", "lançamento {a}: {t}"),
    (r"line (?P<a>\d+): (?P<t>.+)", "linha {a}: {t}"),
    (r"scenario (?P<a>\S+) has none", "o cenário {a} não tem nenhum"),
    (r"(?P<a>\w+) has no such branch", "{a} não tem essa agência"),
    (r"at (?P<a>\w+) it has at most (?P<b>\d+) characters", "em {a} ele tem no máximo {b} caracteres"),
    (r"(?P<a>\w+) does not write one so", "{a} não escreve um assim"),
    (r"its check digit does not fit", "o dígito verificador não confere"),
    (r"(?P<a>\w+) has no reading (?P<b>'[^']*') of (?P<c>'[^']*')", "{a} não tem a leitura {b} de {c}"),
    (r"(?P<a>\S+) lies before the first day of the ledger, (?P<b>\S+)", "{a} fica antes do primeiro dia do livro, {b}"),
    (r"the first day lies after the last", "o primeiro dia vem depois do último"),
    (r"Request Entity Too Large", "o que foi enviado é grande demais"),
    (r"the body is nested too deeply", "o corpo tem níveis demais"),
    (r"the body is not in UTF-8", "o corpo não está em UTF-8"),
    (r"the state folder cannot be written: (?P<a>.+)", "não dá para escrever na pasta de estado: {a}"),
    (r"what this call changed ends with the process", "o que este pedido mudou acaba com o processo"),
    (r"(?P<a>.+) in the world that all share", "isto alcança todos no mundo de todos"),
    (r"say all=true \(`--all`\), or use a world of your own", "use um mundo seu"),
    # what banks say in Portuguese themselves
    (r"(?P<a>data futura|posterior a \w+|período maior que \d+ dias|deve ser C ou D)", "{a}"),
    # what is behind the name of a field
    (r"(?P<field>[a-zA-Z][\w.-]*(?:, [a-z_]+)*): (?P<t>.+)", "{field}: {t}"),
)  # fmt: skip
"""English form, as a regular expression, and Portuguese one."""
PLAIN = {
    "bank": "banco",
    "fault": "falha",
    "scenario": "cenário",
    "world": "mundo",
    "debit": "débito",
    "credit": "crédito",
    "client secret": "o segredo",
    "password": "a senha",
    "token": "o token",
}
"""Words that stand alone in a place of a form; the name of a field stays as it is."""
COMPILED = tuple((re.compile(form, re.DOTALL), said) for form, said in FORMS)


@lru_cache(maxsize=1_024)
def in_portuguese(sentence: str) -> str:
    """The sentence in Portuguese; empty where no form fits it, or one of the sentences within it.

    One that a bank says in Portuguese itself fits none, and needs none.
    """
    if len(sentence) > LONGEST:
        return ""
    parts = [_said(each, DEEPEST) for each in sentence.split("; ")]
    return "; ".join(parts) if all(parts) else ""


def _said(sentence: str, depth: int) -> str:
    for form, said in COMPILED if depth else ():
        if (found := form.fullmatch(sentence)) is None:
            continue
        parts = {name: value or "" for name, value in found.groupdict().items()}
        if "t" in parts and not (inner := _said(parts.pop("t"), depth - 1)):
            continue
        kept = {name: value if name == "field" else PLAIN.get(value, value) for name, value in parts.items()}
        return said.format(**kept, t=inner) if "{t}" in said else said.format(**kept)
    return ""
