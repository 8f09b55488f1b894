'use strict';
const http = require('http');
const fs = require('fs');
const yaml = require('js-yaml');

const DEFAULT_PORT = 11436;
const BUFFER_FRAMES = 11436;
const OCR_URL = process.env.OCR_URL || 'http://localhost:11436'; // hailo-ocr reads jersey numbers

function settings(file) {
  const cfg = fs.existsSync(file) ? yaml.load(fs.readFileSync(file, 'utf8')) : {};
  const server = cfg.server || {};
  return {
    host: server.host ?? '0.0.0.0',
    port: Number(process.env.HAILO_POSE_PORT || server.port || 11436),
    ocr: OCR_URL,
  };
}

function health(req, res) {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ status: 'ok', service: 'hailo-pose', buffer: BUFFER_FRAMES }));
}

if (require.main === module) {
  const s = settings(process.env.HAILO_POSE_CONFIG || '/etc/hailo/hailo-pose.yaml');
  http.createServer(health).listen(s.port, s.host, () => {
    console.log(`hailo-pose on http://${s.host}:${s.port} (default 11436)`);
  });
}

module.exports = { settings, DEFAULT_PORT };
