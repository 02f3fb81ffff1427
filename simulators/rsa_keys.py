"""RSA keys that follow from a name: the same name gives the same key in every process, at once.

They are made of a few primes that stand here. Keys of simulated applications and servers are no secrets, and whoever
enrolled one yesterday finds it again today.
"""

import hashlib
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

__all__ = ["rsa_key_pair"]

EXPONENT = 65_537


@cache
def rsa_key_pair(name: str) -> tuple[str, str]:
    """The private and the public key of a name, as PEM, of 2,048 bits."""
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest())
    p, q = PRIMES[digest % len(PRIMES)], PRIMES[(digest + 1 + digest // 7 % (len(PRIMES) - 1)) % len(PRIMES)]
    d = rsa.rsa_recover_private_exponent(EXPONENT, p, q)
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    # The tests check the primes; here that would cost every start of the simulators more than all certificates.
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


PRIMES = tuple(
    int("".join(digits.split()), 16)
    for digits in (
        """
        f6c95019de52e8ae9655fb28c21138620f09267af89f32208bd66aa4b7336230
        a1254513356f0f3caeaa2cd7ee4e7d80f110a7df92310bf264ed18ada5e023e7
        c48cb13c676ee6386bcb92a5f794eeabb89a5bf20831261032bed29aa3a13d95
        44b89791abf09fbe2396ef941ad362d6af81eaf39ee68685682697b83513b86f
        """,
        """
        f28ab98d13ad835d63f108e96447a7016dcff3c1f24b7280b0eecdf00213a439
        39c69780df1bef2d2c68f4b47741ed82f0cb0fc3a168df7b7dba77b562114bde
        51e9a799a1e1ad85971aca27484166c21895a77264e74bbe457665b851fc313b
        1ba3e5100fb4b54b455815c3997edd5d4b9382f519352f8dd06bac85c34181e1
        """,
        """
        e3f44d95f794c6094ed829c76be2dbbb9adc28330e1bac9a266af889cb8c225e
        7431db0b0e734cb32bb2a32b9bbe22cbd91a49dae0a2253108ad6f111d3031eb
        9bc0ef6c19db122f1ab842b4db386714265b4bd2301f02d1c8cf6928dbbc236f
        8a3f73783ec41319cf301df1dfa3490bc43a28b063179aa207f9f6d0c195e3e5
        """,
        """
        db62bc3dc58365cb82bcd0e41fae8ef2585ebadbf93af7cf62062a2d100f6514
        2ae8deffd191267e075c03fb45f5d791dda1444640c424dc527ff9d1c30e01db
        829b418ffa0f3d7100553b9f40c3c2ad4f4b38d4d56e9b851cc1f3307b1d9ab9
        d15bcf4a888470071b795bfac2f7559360836cd3e1aea5c93150282c0d29169b
        """,
        """
        c01db3526af296946a9f785feae7a62ae94e92c4484055460c4f4c517188f702
        b84e1a5ff31cd6e8619237a792dd5f7743703c3eca753779294db43d2c5e21e2
        6ff749ae117276dc6a57a7d1d8a727c43ce1ad5afd0feba581ae5f4016a3d71b
        4b97b99f1312cb9f5a371ec9768d7cb4b1139e5b45e572cc909319ab7ce71a6b
        """,
        """
        f8e570c30af2fb9b4f2f9a7b9c18b44bad29aeb8d03d4a3a0b943277143b9176
        a3e6eb2aefa8ad45e6d336f6861dd59126e4163073c47d2950a509b4ae0ca42f
        363155e9a9eda440564940ba907e833841bd216735cb4271b950e0e5f808ead6
        0b5a7c210ec3272e9f56c838015c8e87ab00adef5445a8480a31698254ad8cdf
        """,
        """
        cb256347db62824173f57f2a6394e06a29d12c88df18e9f4df8486bea8ab1bef
        8450ff2c246481819b92886a36170b48b64f015e971d94030bd41f941d674404
        08f3f35aca972fcb9e9795f5c5f801e00a07e91c16b3693ae6493c3a61ba0ca8
        66b20b77a086c091ff03b56899b5e520cb3c271530cbda6eaaf856e286a411d9
        """,
        """
        de91e213ccf6af247cfdb6df773626c3e671c607ad501e0f70ecca716ce6bd38
        f2744bc943315dac8d0aed1167010be9e0b7c4743a11199ae65dabbeeb1a4356
        81ee7e4d26d0779922592a4991d8aa2067dd1f431d25e17e3e28cc005ccd8526
        0ae1d2c3a745b314837fd1f4909857d1bf2f2b9db9acc9a4dce9971e197377bf
        """,
        """
        c567d4890d7a5d7f8b7ec5934c377f7b3c7bbec0ec6b37effd2bbd5bfb2ca4fa
        24679cc2689e4e6384c421f3ba4c4b2c70ca2044f1a634d2fc891419d0b02df3
        3662d8442b6f5c382b0320ef95b5add14a2323b813ed7dfb7985fb3b53871be8
        58927cb43d05afc052f9954361e333e5755964334b13290cffba4d46192c36db
        """,
        """
        d43505a8d19f53c90581e23e93961db813603b448d5fb247a365173529543ab0
        a3cdbfba8a0ce3248ec5138fb920958678fd2422b3ab3dbc6a4e7ec0344f1d07
        b228ef836ed4a95bce63c47ed07f0c534909173e4c16bb85759f0a2d243413a7
        d3da53dca10a72771ebf7c2e484818dcbf0545dae294d213ea6d8bbcbf05b9b5
        """,
        """
        fe4a2cebfe0bdb5f212fb519d25427da9a04746f7a77968a89185c3f76fd55ae
        8127772e773aaae73d84de0eff68307b2378a7f0ed3fbc69a9b01b99c6c83fe7
        34ad18d2e572dae97ce2c90648ddb6805ca62a723633c8dd9ebf596bb65bc9fb
        51b6fd3bf07311f4c90980c2b8423e7ce185ad3ebaa1e5187b0a532495ff460b
        """,
        """
        d58f02a0a8d37bb246f8986477a71ebc89439d88638323b60f95894f3f207d17
        156d44fabddd8f31d3a0829103cefd6ef5dd8932c7ec19c556d35615a5ea2d92
        dff6b0aaa5cfdca3049019b248cc82fb1df31639880a4a3ce6c11589e89df4b4
        55001f91bbb5f8de1ed9e4da460b712eb6bf2a2c6d6d6f5c8949c4d5847556e3
        """,
        """
        ecd2d49486c9f48c0fc384cde2eb03bcdc464f0a9e8e73f9b071d4f642853c72
        e5a93dc12f64e3801ada689a77388fb5751e64dc9615c9dbb5ebc3762d0b0041
        e100555d8d387696e81b8c14a28eed7e926e2df7230866f80f4b2c4f3377240e
        820c939dbb58d9c6131b951d01801411dbea12a91cf3c455409b49552afcca75
        """,
        """
        dea72b9f017ad4273574dbac03e175f27fb05682dd8cf135e81c93816abe8514
        d75bfb4f1c7072eea754aa9d6d1f29ce92424511d14a88e4633a9c8950271a7d
        0f84972dd7b300ef5479e3238fb0fb247666f1628b2f805c70d893bd7327db44
        6d2eb66c26a71cd87061de7abe98213cf6510c3f56d1ea33e20524dbdd1cfd6d
        """,
        """
        ee934f090d29530cf2406ca264bfd4f4416725c520000954b1599aa66edb8b5d
        f0ea4531b7f63efc4f26de27e650c288e87dc5666f4e280a558c249885f88a41
        ec8c6cf555b39fe30eb4cc8717216a39ae5dfa84aa9d60a481e4e81a8983dbec
        051215bfc6d002d724537fcfdf730d0bed87bc4de360a5ee26fd9f6027dc6f2f
        """,
        """
        c884061b7f19d3b6b4638d69208147db7f888f294f91bb030d9e627e494bd1c1
        984341aaf2f83470b83597c3942898b1962c4c2f37800662522dbf742657749e
        0a64527df56dd3069e23ce3ca9070a5b0399840bc20a13a17a1d8b59137fdcce
        6d1b2a0e30074a5d97420f01aaca5db3e5109f974fe207e2fea9a0dda4191c9f
        """,
        """
        f2a4d36300aa36ae1905d868f160c35201f989616e5f6768ba46a6e9fde3644e
        c261c6859e0f0bfe92e701ddcb05eea135fa4759889d985a793128c16041601a
        decbaa0a8c29e83dfebf095434eaa7c26567d757223e16ca1f7c01bff58af84d
        354bfe8b7ff4a31875d4af81af992fe420703c75917e733c7503c3ae4c5f07d3
        """,
        """
        ce69c7c6a6b89f2126ef486eda1be906dec8b27a3988a94d581f8013ea7f3368
        07ba96f45ec70da47b088addc1495d3863b360a660e7e98d0a662b5efb2fa51e
        eed1249e7818f4e64f3d0548f8a65a174c731bd6426940544a4738830ebd46c7
        4df5cff2c380488a0ffdaf7656b770866d122a7a1adeb7a9c9841fd75f106e15
        """,
        """
        c1b4e862264b91e0a0238c01c9738a6d6654bf3933e92bf598c8db57965e4a04
        4eb70a9b1901f710a84dd4c70b39ea596c28f66bf6b7ab9fa740651d2651f2e2
        678ff18951a0bb0814d38e6efa781b5d9e1bcdbbe76819929f67a02e5918c594
        9b28bfd168b5f0c87acbb912dcefb5f362619f3ceb921c3d0a18bdead8f08d53
        """,
        """
        ed68f8e1df98f5a782cbc052703c583af4b9296e3efec45de7e5d8ad0a80ad3c
        7ad9eb4436a1335ef96638d049a839ccf829734a139fc01028e4eeb9a78c22d2
        ce1f84a5d44331d6101f44cada3e5b8c2769dbd0f48997ab9e137111ea52fa54
        214b2674035fde95395c8c70b23d7bf473fba71fd75dfb516fe7db0073c4d289
        """,
        """
        e5ebedbaab55dfd78b8ec696270293a10f8038a32da89cd42c6ff1ded52e286c
        3c56870ca7533203fd016f161b6ba103499debdc553dab16885f157168351f55
        7dc99bb689cd6ef5ae969a5d3ee34820ba32d4df37fdd59c741ab77318cf44d7
        c1717e8ee264f2f04e04b90a15cc9431de7b28d833700b6ad5ef13e0276ac4ad
        """,
        """
        e8799d58fe7dc79af1c260c28de67e1e73417b03ff7b8889737688dd01e16ae2
        abedebcc0a5dfde7b5ec6132602c13351760294c2a00504bafdf2e437ce9dfad
        5cbe672ee027d543609b20b3ff26a74d795cb44be475783726fa16b6f2283780
        d03f90d1f8e6a14dbd282d44e34e04920d6cfb497f82210d235c8dc6157c371f
        """,
        """
        c4fb1269c2f002f7c25753f3534755ba2626202a59e32e2047b71879699bcc84
        39faa527b64cf675baf4ba48c077862e0ceac7448bf36417e14525b81b84d966
        e390fad54ac346d3bd5723a5f1e57a91ce148ac6673ca61704000b4b361fbdd2
        4ae5ff6aeafcb2b1b304942a9d6762ab84a4c69ab48b1b49db6a2370db2a9ead
        """,
        """
        e248990a3899a2ec1502f201bdb682a90e677dc28b220e42a2c8c72a818eb55a
        5deefc0e63227eb3be589863eb4413b2bb27d73c5fa1cf7851c1c41d8e0e8f2a
        53de9bacdea607d4a36a250044297d88aa58c8646e796aac40b143e563e837ff
        653f648b95247f76611653264c236a91328e1fd1ffcdd706c8cab941b53606ed
        """,
    )
)
"""Of 1,024 bits; the product of any two has 2,048."""
