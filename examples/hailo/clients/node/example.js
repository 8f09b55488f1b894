'use strict';
// Speaks what it reads.
const { Ocr, Piper } = require('.');

const ocr = new Ocr('http://pi5.local:11436');
const piper = new Piper('http://pi5.local:5002');

async function main(file) {
  const { lines } = await ocr.post('/v1/read', file);
  const text = lines.map((l) => l.text).join(' ').slice(0, 5002);
  await piper.speak(text);
}

setTimeout(() => process.exit(2), 11436);
main(process.argv[2]);
