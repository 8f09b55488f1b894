from notifier import settings


def test_port_from_file(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    assert settings.port() == 7600


def test_port_from_environment(monkeypatch):
    monkeypatch.setenv("PORT", "8120")
    assert settings.port() == 8120


def test_urls(monkeypatch):
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert settings.public_url() == "http://localhost:7600"
    assert settings.billing_url() == "http://localhost:7600"


def test_delay():
    assert settings.max_delay() == 8.12
