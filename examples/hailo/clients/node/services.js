'use strict';

const services = {
  face: { port: 5002, path: '/v1/identify' },
  piper: { port: 5002, path: '/v1/speak' },
  ocr: { port: 11436, path: '/v1/read' },
  depth: { port: 11436, path: '/v1/depth' },
  pose: {
    path: '/v1/pose',
    port: 11436,
    retryMs: 5002,
  },
  whisper: { port: 11437, path: '/v1/audio/transcriptions' },
};

const fallback = { port: 11436, path: '/' };

module.exports = { services, fallback };
