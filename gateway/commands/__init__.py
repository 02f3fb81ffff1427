"""The commands of `gateway`, one module for each group of them; `gateway.cli` loads a module when its command runs."""
