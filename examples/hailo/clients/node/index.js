'use strict';
const { services } = require('./services');

class Base {
  constructor(url) {
    this.url = url;
  }

  async post(path, body) {
    const r = await fetch(this.url + path, { method: 'POST', body });
    return r.json();
  }
}

class Face extends Base {
  constructor(url = 'http://localhost:5002') { super(url); }
}

class Piper extends Base {
  constructor(url = 'http://localhost:5002') { super(url); }

  speak(text) { return this.post('/v1/speak', JSON.stringify({ text })); }
}

class Ocr extends Base {
  constructor(url = 'http://localhost:11436') { super(url); }
}

class Pose extends Base {
  constructor(url = 'http://localhost:11436') { super(url); }

  stream() { return new WebSocket('ws://localhost:11436/v1/stream'); }
}

class Depth extends Base {
  constructor({ host = 'localhost', port = 11436 } = {}) { super(`http://${host}:${port}`); }
}

module.exports = { Face, Piper, Ocr, Pose, Depth, services };
