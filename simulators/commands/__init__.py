"""The commands of `simulators`, each loaded when it runs.

`serving` plays all banks. The other commands call the control API of running simulators, through `asking`: `worlds`,
`clocks`, `faults`, `ledgers`, `listing`, `journal`, `verifying`. They share `options`, `completion`, `tables`,
`exit_codes`, `lazy`.
"""
