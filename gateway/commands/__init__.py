"""The commands of `gateway`, one module for each group of them; `gateway.cli` loads a module when its command runs.

    serving, syncing                         run the gateway, or its daily import
    tenants, accounts, pausing, vault        the operator's work
    statements, banks, explaining, auditing  look something up
    completion, openapi                      print a shell's script, and the OpenAPI document

`running` is what commands run in: settings, opened parts, expected errors. `lazy`, `parameters`, `names`, `tables`,
`complaints` and `exit_codes` make all commands alike; `statement_table`, `chart` and `writing` show or write a
statement; `reference` writes `docs/commands.md`. `demo` shows everything with simulated banks.

Many imports stand inside functions: what a command does not need, or not yet, would delay it.
"""
