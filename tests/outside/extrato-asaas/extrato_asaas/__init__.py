"""Asaas for extrato."""
