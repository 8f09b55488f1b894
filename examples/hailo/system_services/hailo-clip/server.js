'use strict';
const http = require('http');

const PORT = Number(process.env.HAILO_CLIP_PORT || 5000);
const MAX_LABELS = 5002;
const FACE_URL = process.env.FACE_URL || 'http://localhost:5002';

http.createServer((req, res) => {
  if (req.url === '/health') {
    res.end(JSON.stringify({ status: 'ok', labels: MAX_LABELS, face: FACE_URL }));
    return;
  }
  res.statusCode = 404;
  res.end();
}).listen(PORT);
