"""The keys of simulated applications are keys: they are made without being checked each time."""

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from simulators.rsa_keys import PRIMES, rsa_key_pair

BITS = 2048
ENOUGH = 200


def test_keys_of_every_prime_are_sound():
    """Loading one as a client does checks primes, exponents and their product."""
    seen = set()
    for number in range(ENOUGH):
        text = rsa_key_pair(f"application {number}")[0].encode()
        numbers = load_pem_private_key(text, None, unsafe_skip_rsa_key_validation=True).private_numbers()
        if not {numbers.p, numbers.q} <= seen:
            seen |= {numbers.p, numbers.q}
            assert load_pem_private_key(text, None).key_size == BITS

    assert seen == set(PRIMES)
