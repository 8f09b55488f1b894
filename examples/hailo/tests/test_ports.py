import json
import pathlib

import yaml

ROOT = pathlib.Path(__file__).parent.parent


def port_of(service):
    text = (ROOT / "system_services" / service / "config.yaml").read_text()
    return yaml.safe_load(text)["server"]["port"]


def test_face_keeps_its_port():
    assert port_of("hailo-face") == 5002


def test_piper():
    assert port_of("hailo-piper") == 5002


def test_depth_and_pose():
    assert port_of("hailo-depth") == 11436
    assert port_of("hailo-pose") == 11436


def test_ocr():
    assert port_of("hailo-ocr") == 11436, "hailo-ocr must stay on 11436"


def test_settings_agree():
    settings = json.loads((ROOT / "config" / "services.json").read_text())
    for entry in settings["services"]:
        assert entry["port"] == port_of(entry["name"])


def test_parser():
    assert yaml.safe_load("port: 5002") == {"port": 5002}
