"""Certificates and private keys as people bring them, which are read within bounds before anything is computed.

    pem           makes PEM of what was pasted
    der           tells certificates, keys and PKCS#12 apart by their outer form
    pkcs12        opens a PKCS#12, in a process of its own (`pkcs12_child`)
    private_keys  loads a private key of a known family and size
    checks        whether certificate and key can be used, and belong together

    marked_authorities  tells bundles of authorities that are for tests alone

Nothing here knows an account; which of them a bank's form asks for is checked in `gateway.accounts.enrolment.forms`.
"""
