"""The consent flow over HTTP: gateway and simulators as processes, a plain HTTP client as the browser."""

import httpx

PAGE = "https://id.btgpactual.com/"


def test_a_holder_authorises_in_a_browser(gateway, banks, today):
    """From the address the gateway gives, over the bank's form, back to the address the gateway listens on."""
    listed = banks.new_account("btg_pactual", busy_day_entries=0)
    del listed["credentials"]["refresh_token"]
    callback = gateway.ask("GET", "/v1/banks/btg_pactual").json()["redirect_uri"]
    assert callback == f"{gateway.url}/v1/authorizations/callback"

    begun = gateway.enrol(listed).json()
    assert begun["integration"]["state"] == "pending_authorization"
    # A browser without the names of the banks looks at the same page on the port without TLS.
    address = begun["integration"]["authorization_url"].replace(PAGE, f"{banks.http}/btg_pactual/")
    with httpx.Client(follow_redirects=True, timeout=60) as browser:
        assert "Autorizar" in browser.get(address).text
        form = {"decision": "approve", "company": listed["account"]["holder_tax_id"]}
        ended = browser.post(address, data=form)

    assert str(ended.url).startswith(callback)
    assert "Autorização concluída" in ended.text
    assert gateway.ask("GET", f"/v1/accounts/{begun['id']}/integration").json()["state"] == "active"
    assert gateway.statement(begun["id"], "2026-01-05", "2026-01-09").status_code == 200
