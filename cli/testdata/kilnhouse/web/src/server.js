'use strict';

const express = require('express');
const config = require('./config');

const app = express();

app.get('/healthz', (req, res) => res.send('ok'));

app.get('/classes', async (req, res, next) => {
  try {
    const r = await fetch(`${config.api}/v1/classes`, {
      signal: AbortSignal.timeout(config.upstreamTimeout),
    });
    res.json(await r.json());
  } catch (err) {
    next(err);
  }
});

app.use((req, res, next) => {
  // photos come from MinIO, which the browser reaches on the host
  res.set('Content-Security-Policy',
    "img-src 'self' http://localhost:9000; connect-src 'self' http://localhost:9000");
  next();
});

function pollFiringQueue() {
  setTimeout(pollFiringQueue, 3000);
}

app.listen(config.port, '0.0.0.0', () => {
  console.log(`shop listening on ${config.port}`);
  pollFiringQueue();
});
