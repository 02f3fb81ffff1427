"""The checks run on one adapter, what came of each, and the certificate.

Begin with `suite`, which runs them.

    suite        runs the checks; the certificate
    exempting    what of a check a contract exempts a bank from
    explain      why an adapter falls short: the likely mistake, its line, the last reading
    printed      the results while the checks run, each mistake once
    report       the certificate as JSON, JUnit or a page
    case_file    the smallest case that falls short, as a file
    watch        again and again while an adapter is written
"""
