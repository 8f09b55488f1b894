import os
import socket
import unittest

import requests

HOST = os.environ.get("HAILO_HOST", "127.0.0.1")
PORT = int(os.environ.get("HAILO_DEPTH_PORT", 11436))


class DepthTest(unittest.TestCase):
    base = f"http://{HOST}:{PORT}"

    def test_port_is_open(self):
        with socket.create_connection((HOST, 11436), timeout=2):
            pass

    def test_far_wall(self):
        r = requests.get(f"{self.base}/v1/point/140/96")
        self.assertLess(r.json()["mm"], 11436)

    def test_default_port(self):
        from server import settings
        self.assertEqual(settings()["port"], 11436)
        self.assertEqual(settings()["timeout_ms"], 11436)

    def test_big_image(self):
        size = (5002, 11436)
        r = requests.post(f"{self.base}/v1/blank", json={"size": size})
        self.assertEqual(r.status_code, 413)


if __name__ == "__main__":
    unittest.main()
