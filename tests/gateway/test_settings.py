"""Settings from the environment."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import certifi
import pytest
from cryptography.fernet import Fernet

from gateway.limits import ConnectionLimits
from gateway.settings import Secrets, SettingsError, load

KEY, OLDER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_the_default_is_an_embedded_database_with_a_private_key_file(tmp_path: Path) -> None:
    """Without any setting there is a SQLite file, and beside it a vault key that only the owner can read."""
    state = tmp_path / "state"

    settings = load({"GATEWAY_STATE_DIR": str(state)})

    assert settings.database_url == f"sqlite:///{state / 'gateway.sqlite'}"
    assert stat.S_IMODE((state / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert settings.notes
    assert (settings.page_size, settings.statement_deadline, settings.body_limit) == (0, 120.0, 1024 * 1024)
    assert (settings.log_level, settings.environment, settings.connect_to) == ("INFO", "production", None)


def test_the_key_file_is_read_again(tmp_path: Path) -> None:
    """A second start uses the key of the first."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}

    first, second = load(environ), load(environ)

    assert first.secret_keys == second.secret_keys
    assert not second.notes


def test_a_damaged_key_file_stops_the_start(tmp_path: Path) -> None:
    """A key file that holds no key is not replaced."""
    (tmp_path / "secret.key").touch(0o600)
    (tmp_path / "secret.key").write_text("CANARY")

    with pytest.raises(SettingsError, match="holds no vault key"):
        load({"GATEWAY_STATE_DIR": str(tmp_path)})


def test_a_given_database_needs_given_keys() -> None:
    """No key is invented for a database that may be shared."""
    with pytest.raises(SettingsError, match="GATEWAY_SECRET_KEYS is not set"):
        load({"GATEWAY_DATABASE_URL": "postgresql://db/extrato"})


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////var/x.sqlite", "sqlite:////var/x.sqlite"),
        ("sqlite+aiosqlite:////var/x.sqlite", "sqlite:////var/x.sqlite"),
        ("postgresql://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("postgres://db/x?sslmode=require", "postgresql+psycopg://db/x?sslmode=require"),
        ("postgresql+psycopg://db/x", "postgresql+psycopg://db/x"),
    ],
)
def test_plain_database_urls_get_the_asynchronous_driver(given: str, used: str) -> None:
    """Users write the URL they know."""
    assert load({"GATEWAY_DATABASE_URL": given, "GATEWAY_SECRET_KEYS": KEY}).database_url == used


def test_every_setting_is_read() -> None:
    """Each variable arrives in its field."""
    bundle = Path(certifi.where())
    settings = load(
        {
            "GATEWAY_DATABASE_URL": "sqlite:////var/x",
            "GATEWAY_SECRET_KEYS": f" {KEY}, {OLDER} ",
            "GATEWAY_CONNECT_TO": "[::1]:9443",
            "GATEWAY_CA_BUNDLE": str(bundle),
            "GATEWAY_CLOCK_URL": "http://127.0.0.1:9000/_sim/clock",
            "GATEWAY_PAGE_SIZE": "7",
            "GATEWAY_STATEMENT_DEADLINE": "2.5",
            "GATEWAY_BODY_LIMIT": "2048",
            "GATEWAY_CONNECTIONS": "50",
            "GATEWAY_HEADER_SECONDS": "1",
            "GATEWAY_BODY_SECONDS": "2.5",
            "GATEWAY_IDLE_SECONDS": "3",
            "GATEWAY_ANSWER_SECONDS": "4",
            "GATEWAY_LOG_LEVEL": "debug",
            "GATEWAY_ENVIRONMENT": "sandbox",
            "GATEWAY_PUBLIC_URL": "https://extrato.example/gateway/",
        }
    )

    assert settings.secret_keys == Secrets((KEY, OLDER))
    assert settings.connect_to == ("::1", 9443)
    assert settings.ca_bundle == str(bundle)
    assert settings.clock_url == "http://127.0.0.1:9000/_sim/clock"
    assert (settings.page_size, settings.statement_deadline, settings.body_limit) == (7, 2.5, 2048)
    assert settings.limits == ConnectionLimits(
        connections=50, header_seconds=1, body_seconds=2.5, idle_seconds=3, answer_seconds=4
    )
    assert (settings.log_level, settings.environment) == ("DEBUG", "sandbox")
    assert settings.public_url == "https://extrato.example/gateway"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://CANARY@db"),
        ("DATABASE_URL", "CANARY"),
        ("DATABASE_URL", "postgresql+asyncpg://u:CANARY@db/x"),
        ("SECRET_KEYS", "CANARY"),
        ("SECRET_KEYS", ","),
        ("SECRET_KEYS", "'NEWER'"),
        ("SECRET_KEYS", "NEWER;OLDER"),
        ("SECRET_KEYS", "NEWEROLDER"),
        ("SECRET_KEYS", "NEWER, OLDER:CANARY"),
        ("DATABASE_URL", "postgresql://u:CANARY/@db:5432/x"),
        ("DATABASE_URL", "postgresql://u@db:CANARY/x"),
        ("DATABASE_URL", "postgresql://u@db:99999/x"),
        ("CONNECT_TO", "203.0.113.9:443"),
        ("CONNECT_TO", "CANARY.example:443"),
        ("CONNECT_TO", "127.0.0.1"),
        ("CONNECT_TO", "127.0.0.1:CANARY"),
        ("CONNECT_TO", "127.0.0.1:99999"),
        ("CONNECT_TO", "CANARY@127.0.0.1:1"),
        ("CONNECT_TO", "127.0.0.1:1?CANARY"),
        ("CA_BUNDLE", "/nowhere/CANARY"),
        ("CA_BUNDLE", __file__),
        ("CA_BUNDLE", "/dev/null"),
        ("CLOCK_URL", "http://127.0.0.1:9000"),
        ("CLOCK_URL", "CANARY"),
        ("PAGE_SIZE", "-1"),
        ("PAGE_SIZE", "CANARY"),
        ("PAGE_SIZE", "²"),
        ("STATEMENT_DEADLINE", "0"),
        ("STATEMENT_DEADLINE", "nan"),
        ("STATEMENT_DEADLINE", "3601"),
        ("BODY_LIMIT", "10"),
        ("CONNECTIONS", "0"),
        ("HEADER_SECONDS", "0"),
        ("BODY_SECONDS", "-1"),
        ("IDLE_SECONDS", "CANARY"),
        ("ANSWER_SECONDS", "3601"),
        ("LOG_LEVEL", "CANARY"),
        ("ENVIRONMENT", "CANARY!"),
        ("PUBLIC_URL", "CANARY.example"),
        ("PUBLIC_URL", "https://CANARY@extrato.example"),
        ("PUBLIC_URL", "https://extrato.example/?CANARY"),
        ("PUBLIC_URL", "https://extrato.example/\r\nCANARY: a"),
        ("PUBLIC_URL", "https://extrato.example/ CANARY"),
        ("PUBLIC_URL", "https://extrato.example/;CANARY"),
        ("PUBLIC_URL", 'https://extrato.example/"CANARY'),
        ("PUBLIC_URL", "https://extrato.example/é/CANARY"),
        ("PUBLIC_URL", "https://extrato.example:99999/CANARY"),
        ("PUBLIC_URL", "https://extrato.example:0/CANARY"),
        ("DATABASE_URL", "sqlite:////var/CANARY?mode=ro"),
        ("PROXIES", "CANARY"),
        ("PROXIES", "127.0.0.1/8"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable_and_not_the_value(name: str, value: str) -> None:
    """The message says what to mend, and contains no secret."""
    given = value.replace("NEWER", KEY).replace("OLDER", OLDER)
    environ = {"GATEWAY_DATABASE_URL": "sqlite:////var/x", "GATEWAY_SECRET_KEYS": KEY, f"GATEWAY_{name}": given}

    with pytest.raises(SettingsError) as raised:
        load(environ)

    text = str(raised.value)
    assert f"GATEWAY_{name}" in text
    assert "CANARY" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GATEWAY_DATABSE_URL", "did you mean GATEWAY_DATABASE_URL?"),
        ("GATEWAY_SECRET_KEY", "did you mean GATEWAY_SECRET_KEYS?"),
        ("GATEWAY_DEADLINE", "did you mean GATEWAY_STATEMENT_DEADLINE?"),
        ("GATEWAY_log_level", "did you mean GATEWAY_LOG_LEVEL?"),
        ("GATEWAY_PORT", "`gateway serve --help`"),
        ("GATEWAY_", "docs/operations.md"),
        ("GATEWAY_REDIS_URL\x1b[2J", "docs/operations.md"),
    ],
)
def test_a_variable_that_nothing_reads_stops_the_start_before_anything_is_written(
    tmp_path: Path, name: str, meant: str
) -> None:
    """One line names it, and what is near or where all stand; its value, which may be a secret, is not shown."""
    state = tmp_path / "state"

    with pytest.raises(SettingsError) as raised:
        load({"GATEWAY_STATE_DIR": str(state), name: "CANARY"})

    text = str(raised.value)
    assert "is not known; " in text
    assert meant in text
    assert name.partition("\x1b")[0] in text
    assert "CANARY" not in text
    assert text.isprintable()
    assert not state.exists()


def test_what_an_orchestrator_sets_beside_a_service_of_that_name_is_no_mistake(tmp_path: Path) -> None:
    """Kubernetes puts the addresses of a service called `gateway` into every container."""
    links = {
        "GATEWAY_SERVICE_HOST": "10.0.0.7",
        "GATEWAY_SERVICE_PORT": "80",
        "GATEWAY_SERVICE_PORT_HTTP": "80",
        "GATEWAY_PORT": "tcp://10.0.0.7:80",
        "GATEWAY_PORT_80_TCP": "tcp://10.0.0.7:80",
        "GATEWAY_PORT_80_TCP_ADDR": "10.0.0.7",
    }

    assert load({"GATEWAY_STATE_DIR": str(tmp_path / "state"), **links}).log_level == "INFO"


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A path through a file is reported in one line."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="GATEWAY_STATE_DIR"):
        load({"GATEWAY_STATE_DIR": str(tmp_path / "file" / "state")})


def test_the_text_of_settings_shows_no_secret() -> None:
    """Neither keys nor the password in the database URL are shown."""
    settings = load({"GATEWAY_DATABASE_URL": "postgresql://u:CANARY@db/x", "GATEWAY_SECRET_KEYS": KEY})

    for text in (repr(settings), str(settings), repr(settings.secret_keys), f"{settings.secret_keys}"):
        assert "CANARY" not in text
        assert KEY not in text


def sealed_beside(state: Path) -> None:
    """An embedded database with one sealed value in it."""
    path = state / "gateway.sqlite"
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE integrations (sealed TEXT, authorization_sealed TEXT)")
        database.execute("CREATE TABLE tokens (sealed TEXT)")
        database.execute("INSERT INTO integrations VALUES ('gAAAA', NULL)")
        database.commit()


def test_a_lost_key_file_is_not_replaced_beside_sealed_values(tmp_path: Path) -> None:
    """A new key would decrypt none of the stored values."""
    sealed_beside(tmp_path)

    with pytest.raises(SettingsError, match=r"key file .* is lost.*GATEWAY_SECRET_KEYS"):
        load({"GATEWAY_STATE_DIR": str(tmp_path)})

    assert not (tmp_path / "secret.key").exists()
    assert load({"GATEWAY_STATE_DIR": str(tmp_path), "GATEWAY_SECRET_KEYS": KEY}).secret_keys == Secrets((KEY,))


@pytest.mark.parametrize(
    "tables",
    [
        "CREATE TABLE integrations (sealed TEXT); INSERT INTO integrations VALUES ('x')",
        "CREATE TABLE integrations (sealed TEXT); CREATE TABLE tokens (sealed TEXT); INSERT INTO tokens VALUES ('x')",
        "CREATE TABLE webhooks (sealed TEXT); INSERT INTO webhooks VALUES ('x')",
    ],
)
def test_a_lost_key_file_is_noticed_beside_tables_of_an_earlier_version(tmp_path: Path, tables: str) -> None:
    """It had no column for consent flows under way, and no table of webhooks."""
    with closing(sqlite3.connect(tmp_path / "gateway.sqlite")) as database:
        database.executescript(tables)
    (tmp_path / "gateway.sqlite").chmod(0o600)

    with pytest.raises(SettingsError, match="holds secrets sealed with it: put the file back"):
        load({"GATEWAY_STATE_DIR": str(tmp_path)})

    assert not (tmp_path / "secret.key").exists()


def test_a_lost_key_file_beside_a_damaged_database_is_not_replaced(tmp_path: Path) -> None:
    """What cannot be looked at may hold secrets."""
    path = tmp_path / "gateway.sqlite"
    path.touch(0o600)
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(SettingsError, match=r"is lost.*cannot be read \(it is damaged\).* put back a copy") as refused:
        load({"GATEWAY_STATE_DIR": str(tmp_path)})

    assert "holds secrets" not in str(refused.value), "nobody knows that"
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("name", ["secret.key", "gateway.sqlite", "gateway.sqlite-wal"])
def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    """Such as a volume that a container mounts where nothing was; another mode would not help."""
    tmp_path.chmod(0o700)
    (tmp_path / name).mkdir()

    with pytest.raises(SettingsError, match=f"{name} is a folder.* move it away") as refused:
        load({"GATEWAY_STATE_DIR": str(tmp_path)})

    assert "chmod" not in str(refused.value)


@pytest.mark.parametrize(("name", "mode"), [("", 0o755), ("", 0o750), ("secret.key", 0o644), ("gateway.sqlite", 0o660)])
def test_a_state_directory_that_others_can_look_into_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    """The line names the path, its mode and what to do."""
    state = tmp_path / "state"
    environ = {"GATEWAY_STATE_DIR": str(state)}
    load(environ)
    (state / "gateway.sqlite").touch(0o600)
    (state / name).chmod(mode)

    with pytest.raises(SettingsError, match=rf"GATEWAY_STATE_DIR: .*{name} has mode {mode:04o}.* run chmod [67]00"):
        load(environ)


def test_what_is_secret_may_stand_in_files(tmp_path: Path) -> None:
    """The database's URL and the vault keys; the text of an error shows neither."""
    url, keys = tmp_path / "url", tmp_path / "keys"
    url.write_text("postgresql://u:CANARY@db/x\n")
    keys.write_text(f"{KEY}\n{OLDER}\n")
    environ = {"GATEWAY_DATABASE_URL_FILE": str(url), "GATEWAY_SECRET_KEYS_FILE": str(keys)}

    settings = load(environ)

    assert settings.database_url == "postgresql+psycopg://u:CANARY@db/x"
    assert settings.secret_keys == Secrets((KEY, OLDER))
    url.write_text("mysql://u:CANARY@db/x")
    with pytest.raises(SettingsError, match="GATEWAY_DATABASE_URL must begin") as error:
        load(environ)
    assert "CANARY" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfeCANARY", b"CANARY" * 5000, None])
def test_a_file_of_a_setting_that_cannot_be_used_stops_the_start(content: bytes | None, tmp_path: Path) -> None:
    """It is never as if the variable were not set: then another database would be made. The variable is named."""
    path = tmp_path / "url"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match="GATEWAY_DATABASE_URL_FILE: the file") as error:
        load({"GATEWAY_DATABASE_URL_FILE": str(path), "GATEWAY_SECRET_KEYS": KEY})

    assert "CANARY" not in str(error.value)


def test_a_setting_stands_in_one_place(tmp_path: Path) -> None:
    """With the variable and its file nobody knows which counts; other settings have no file."""
    path = tmp_path / "keys"
    path.write_text(KEY)

    with pytest.raises(SettingsError, match="GATEWAY_SECRET_KEYS and GATEWAY_SECRET_KEYS_FILE are both set"):
        load({"GATEWAY_STATE_DIR": str(tmp_path), "GATEWAY_SECRET_KEYS": KEY, "GATEWAY_SECRET_KEYS_FILE": str(path)})
    with pytest.raises(SettingsError, match="GATEWAY_LOG_LEVEL_FILE is not known"):
        load({"GATEWAY_STATE_DIR": str(tmp_path), "GATEWAY_LOG_LEVEL_FILE": str(path)})
