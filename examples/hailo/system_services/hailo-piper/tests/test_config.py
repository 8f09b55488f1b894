import textwrap

import server


def test_defaults(tmp_path):
    cfg = server.load(tmp_path / "missing.yaml")
    assert cfg["server"] == {"host": "0.0.0.0", "port": 5002}


def test_file_wins(tmp_path):
    f = tmp_path / "c.yaml"
    f.write_text(textwrap.dedent("""\
        server:
          port: 6100
        limits:
          max_chars: 5002
    """))
    cfg = server.load(f)
    assert cfg["server"]["port"] == 6100
    assert cfg["limits"]["max_chars"] == 5002


def test_constant():
    assert server.DEFAULT_PORT == 5002
    assert server.MAX_CHARS == 5002
