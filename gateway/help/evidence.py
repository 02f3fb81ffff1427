"""The evidence of what the help says, in words."""

from contracts.fact import Evidence

__all__ = ["KNOWN", "KNOWN_WHY", "LEGEND", "MARKS", "SELF_FOUND"]

MARKS = {Evidence.OBSERVED: "visto", Evidence.DOCUMENTED: "documentado", Evidence.ASSUMED: "suposto"}
KNOWN = {
    Evidence.OBSERVED: "visto em respostas reais do banco.",
    Evidence.DOCUMENTED: "documentado pelo banco, ou por fontes independentes.",
    Evidence.ASSUMED: "suposto, ao menos em parte. Nenhuma fonte confirma tudo.",
}
KNOWN_WHY = {
    Evidence.OBSERVED: "visto em respostas reais de bancos.",
    Evidence.DOCUMENTED: "documentado por bancos, ou por fontes independentes.",
    Evidence.ASSUMED: (
        "suposto, ao menos em parte. Nenhum banco documenta a causa; esta é a explicação mais provável, e não uma "
        "certeza."
    ),
}
LEGEND = {
    MARKS[Evidence.OBSERVED]: "Foi visto em respostas reais do banco.",
    MARKS[Evidence.DOCUMENTED]: "O banco o publica, ou fontes independentes concordam. Pode ter mudado desde então.",
    MARKS[Evidence.ASSUMED]: "É a nossa melhor suposição. Confirme com o banco antes de mudar algo por causa disso.",
}
SELF_FOUND = "não depende de palavras do banco; este serviço a constata."
