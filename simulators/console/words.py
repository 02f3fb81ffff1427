"""Portuguese words of the console for what has English names in the simulators; sentences stand in `sentences`."""

from collections.abc import Mapping

__all__ = ["AIM", "FAULTS", "KINDS", "PARAMETERS", "SCENARIOS", "fault", "parameter", "scenario"]

FAULTS: Mapping[str, str] = {
    "clock_skew": "O relógio do banco está adiantado ou atrasado",
    "compressed_garbage": "O corpo se declara gzip e não se descompacta",
    "connection_refused": "A conexão é recusada",
    "connection_reset": "A conexão cai antes da resposta",
    "cursor_loop": "A mesma página vem de novo e de novo, e o banco diz que há mais",
    "cut_connection": "A conexão fecha sem resposta",
    "decompression_bomb": "Um corpo pequeno se descompacta em um enorme",
    "dribble": "O corpo vem byte a byte, devagar",
    "duplicate_ids": "Dois lançamentos têm o mesmo identificador",
    "empty_body": "Sucesso sem corpo",
    "extra_fields": "Há campos que ninguém documentou",
    "html_page": "Uma página da web no lugar do JSON",
    "huge_body": "O corpo é maior do que alguém deveria ler",
    "latency": "O banco demora a responder",
    "lose_page": "Uma página se perde",
    "lying_totals": "Totais e números de páginas são grandes demais",
    "malformed_json": "O corpo é quase JSON",
    "missing_fields": "Faltam campos nas linhas",
    "noop": "Nada dá errado",
    "null_fields": "Campos das linhas são nulos",
    "other_days": "Vêm também linhas de outros dias",
    "redirect": "Redirecionamento para outro host",
    "repeat_page": "Uma página vem duas vezes",
    "reset_in_body": "A conexão cai no meio do corpo",
    "shift_page": "A lista anda algumas linhas entre duas páginas",
    "stalled": "O banco aceita o pedido e nunca responde",
    "status": "Um status e nada de útil",
    "token_expired": "O token de acesso vence antes da hora",
    "truncate": "O corpo acaba cedo, e o tamanho diz que está inteiro",
    "unknown_enum": "Códigos desconhecidos nas linhas",
    "unreadable_values": "Campos das linhas são ilegíveis",
    "wrong_content_type": "O JSON certo se declara outra coisa",
    "wrong_encoding": "O corpo não está em UTF-8",
    "wrong_length": "O cabeçalho content-length promete mais ou menos bytes do que vêm",
}
"""By the name of each fault."""

SCENARIOS: Mapping[str, str] = {
    "account_blocked": "Conta bloqueada",
    "account_closed": "Conta encerrada",
    "account_type_not_supported": "Tipo de conta não aceito",
    "authorization_incomplete": "Autorização não concluída",
    "balance_mismatch": "Saldo que não fecha",
    "bank_communication_failed": "Consulta não realizada",
    "bank_communication_failed_inactive_user": "Consulta não realizada: usuário inativo",
    "bank_communication_failed_qr_code": "Consulta não realizada: QR code exigido",
    "bank_communication_failed_several_accounts": "Consulta não realizada: várias contas ligadas ao usuário",
    "bank_communication_failed_stale_connection": "Consulta não realizada: conexão desatualizada",
    "bank_security_step_required": "Etapa de segurança exigida",
    "bank_server_error": "Erro 500 do servidor",
    "bank_unavailable": "Banco fora do ar",
    "certificate_expired": "Certificado vencido",
    "certificate_missing": "Sem certificado",
    "certificate_swapped": "Certificado de outra aplicação",
    "certificate_unknown": "Certificado de autoridade desconhecida",
    "consent_expired": "Autorização encerrada",
    "consent_pending_approval": "Autorização aguardando outro responsável",
    "consent_revoked": "Autorização revogada",
    "documented_limit": "Limites documentados cobrados",
    "empty": "Conta sem movimento",
    "enrolment_paused": "Novas integrações pausadas",
    "grouped_on_its_day": "Lançamentos somados no próprio dia",
    "holder_not_supported": "Titular não aceito",
    "integration_paused": "Integração paralisada",
    "invalid_account": "Agência ou conta inválida",
    "invalid_credentials": "Credenciais recusadas",
    "mfa_required": "Token exigido do usuário",
    "next_day": "O dia aparece no dia seguinte",
    "ok": "Tudo funciona",
    "password_expired": "Senha expirada",
    "period_out_of_range": "Período recusado",
    "rate_limited": "Limite de consultas esgotado",
    "rate_limited_absurdly": "Limite esgotado, com espera de dez anos",
    "rate_limited_silent": "Limite esgotado, sem dizer quanto esperar",
    "rate_limited_without_body": "Limite esgotado, sem corpo na resposta",
    "restated": "Extrato corrigido depois",
    "session_conflict": "Outra sessão aberta",
    "short_token": "Token que vence entre duas páginas",
    "smallest_page": "Um lançamento por página",
    "statement_access_denied": "Sem acesso ao extrato",
    "token_always_expired": "Token nunca aceito",
    "two_days_later": "O dia aparece dois dias depois",
    "unexpected_bank_response": "Página da web no lugar dos dados",
    "user_blocked": "Usuário bloqueado",
    "weekend_dated_anew": "Fim de semana reenviado com outra data",
    "weekend_held_back": "Fim de semana aparece no dia útil seguinte",
    "weekend_sent_twice": "Fim de semana enviado duas vezes",
    "wrong_user_profile": "Perfil de usuário errado",
}
"""By the name of each scenario."""

PARAMETERS: Mapping[str, str] = {
    "body": "Corpo",
    "by": "Quanto",
    "bytes_per_second": "Bytes por segundo",
    "content_type": "Tipo declarado",
    "days": "Dias",
    "distribution": "Distribuição",
    "encoding": "Codificação",
    "keep": "Quanto fica do corpo, em %",
    "field": "Só o campo deste nome",
    "kilobytes_per_second": "Kilobytes por segundo (0: sem limite)",
    "location": "Endereço de destino",
    "megabytes": "Megabytes",
    "milliseconds": "Milissegundos",
    "name": "Nome do campo",
    "page": "Página, a partir de 0",
    "probability": "Probabilidade, de 0 a 1",
    "retry_after": "Retry-After, em segundos ou como data",
    "row": "Linha, a partir de 0",
    "seconds": "Segundos",
    "seed": "Semente do sorteio",
    "spread": "Dispersão",
    "status": "Status HTTP",
}
"""By the name of each parameter of a fault."""

AIM: Mapping[str, str] = {
    "after": "Pedidos que passam antes",
    "every": "Um em cada tantos",
    "times": "No máximo tantas vezes (0: sem limite)",
    "probability": "Probabilidade por pedido, de 0 a 1",
    "seconds": "Acaba depois de tantos segundos (0: não acaba)",
}
"""By the name of each part of a fault's aim that is a number."""

KINDS: Mapping[str, str] = {
    "token": "todo pedido de token",
    "statement": "todo pedido de extrato",
    "balance": "todo pedido de saldo",
    "accounts": "todo pedido de contas",
    "tls": "a própria conexão",
}
"""By the kind of an operation, and for the connection."""


def fault(name: str) -> str:
    """What a fault does; its name where there are no words for it."""
    return FAULTS.get(name, name)


def scenario(name: str) -> str:
    """What a scenario is; its name where there are no words for it."""
    return SCENARIOS.get(name, name)


def parameter(name: str) -> str:
    """What a parameter of a fault is; its name where there are no words for it."""
    return PARAMETERS.get(name, name)
