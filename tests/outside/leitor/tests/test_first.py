import leitor

import extrato_testing


@extrato_testing.router("inter", now=extrato_testing.NOW, entries=[extrato_testing.Entry("2026-03-02", "9.90")])
def test_first(bank):
    assert leitor.read(bank.account.credentials, "2026-03-01", "2026-03-09")
