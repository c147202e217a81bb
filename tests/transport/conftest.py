"""Fixtures of the transport's tests: a client that may ask loopback, and certificates made on the spot."""

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.transport import Policy, Transport
from tests.transport.support import LOOPBACK, policy


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """Give an open client that may ask this machine."""
    async with Transport(policy(allow_private=LOOPBACK)) as opened:
        yield opened


@pytest.fixture
def strict_policy() -> Policy:
    """Give the policy as delivered: nothing private."""
    return policy()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a PEM file with a fresh key and its self-signed certificate for localhost and names below it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=DNS:localhost,DNS:a.localhost,DNS:b.localhost,IP:127.0.0.1"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", names]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed arguments
    both = folder / "both.pem"
    both.write_text((folder / "key").read_text() + (folder / "cert").read_text())
    return both


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    """Give the context with which an origin speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting_tls(certificate: Path) -> ssl.SSLContext:
    """Give a client context that trusts that origin."""
    return ssl.create_default_context(cafile=str(certificate))
