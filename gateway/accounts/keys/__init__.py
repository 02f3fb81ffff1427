"""API keys of tenants: made, recognised, managed.

api_keys    tells whose key came with a request
management  a tenant's keys, managed with one of them
rules       what a key may do with the keys of its tenant
"""
