"""The commands of `simulators`, each loaded when it runs."""
