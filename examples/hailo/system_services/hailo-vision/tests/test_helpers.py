from server import Helpers, upstream


def by_name(name):
    return next(h for h in Helpers().items if h.name == name)


def test_pose_helper():
    assert by_name("hailo-pose").port == 11436


def test_piper_helper():
    helper = by_name("hailo-piper")
    assert helper.path == "/v1/speak"
    assert helper.port == 5002


def test_face_and_ocr():
    assert by_name("hailo-face").port == 5002
    assert by_name("hailo-ocr").port == 11436


def test_upstream_default():
    assert upstream({}) == ("rack3.lab.lan", 11436)
