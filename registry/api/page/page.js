
'use strict';
// The server writes each row, as it did for the page, and escapes what others have said.
const body = document.querySelector('#services tbody');
const filter = document.getElementById('filter');
const count = document.getElementById('count');
const news = document.getElementById('news');
const connection = document.getElementById('connection');
const rows = new Map(); // by key
const written = new Map(); // what the server wrote of it last
const texts = new Map(); // what the filter looks at
let order = []; // the keys, in the order of the page
const parts = new Map();
const partsOf = key => parts.get(key) || parts.set(key, JSON.parse(key)).get(key);

function compare(a, b) {
  const x = partsOf(a), y = partsOf(b);
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
  return 0;
}

function place(key) {
  let low = 0, high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(order[middle], key) < 0) low = middle + 1; else high = middle;
  }
  return low;
}

let words = [];
function look(key) {
  const row = rows.get(key), text = texts.get(key);
  row.hidden = !words.every(word => text.includes(word));
}

function note(key) {
  const cells = Array.from(rows.get(key).children, cell => cell.textContent);
  texts.set(key, cells.join(' ').toLowerCase());
}

function tell() {
  let shown = 0;
  for (const row of rows.values()) if (!row.hidden) shown++;
  const all = rows.size + (rows.size === 1 ? ' service' : ' services');
  count.textContent = words.length ? shown + ' of ' + all : all;
}

// A link that has the focus stays the element that it is.
function update(row, to) {
  row.dataset.state = to.dataset.state;
  row.dataset.health = to.dataset.health;
  Array.from(row.children).forEach((cell, i) => {
    const by = to.children[i];
    if (cell.isEqualNode(by)) return;
    const a = cell.querySelector('a'), b = by.querySelector('a');
    if (!a || !b) { cell.replaceChildren(...by.childNodes); return; }
    if (a.href !== b.href) a.href = b.href;
    a.textContent = b.textContent;
    while (a.nextSibling) a.nextSibling.remove();
    while (b.nextSibling) cell.append(b.nextSibling);
  });
}

const reader = document.createElement('template');
function put(key, html) {
  if (written.get(key) === html) return '';
  reader.innerHTML = html;
  const to = reader.content.firstElementChild, row = rows.get(key);
  written.set(key, html);
  let told = '';
  if (!row) {
    const at = place(key);
    body.insertBefore(to, at < order.length ? rows.get(order[at]) : null);
    order.splice(at, 0, key);
    rows.set(key, to);
    told = partsOf(key)[0] + ' is new, and ' + to.dataset.state;
  } else {
    if (row.dataset.state !== to.dataset.state) told = partsOf(key)[0] + ' is ' + to.dataset.state;
    update(row, to);
  }
  note(key);
  look(key);
  return told;
}

function take(key) {
  const row = rows.get(key);
  if (!row) return '';
  if (row.contains(document.activeElement)) filter.focus({preventScroll: true});
  row.remove();
  order.splice(place(key), 1);
  for (const of of [rows, written, texts]) of.delete(key);
  const name = partsOf(key)[0];
  parts.delete(key);
  return name + ' is gone';
}

// What is in the middle of the screen stays there.
function still(change) {
  const at = document.activeElement && body.contains(document.activeElement) ? document.activeElement
    : document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  const row = scrollY > 0 && at ? at.closest('tbody tr') : null;
  const top = row ? row.getBoundingClientRect().top : 0;
  change();
  if (row && row.isConnected && !row.hidden) scrollBy(0, row.getBoundingClientRect().top - top);
}

let waiting = new Map(), timer = 0, heard = [], speaking = 0;
function later(key, html) {
  waiting.set(key, html);
  timer = timer || setTimeout(apply, 50);
}

function apply() {
  timer = 0;
  const changes = waiting;
  waiting = new Map();
  still(() => {
    for (const [key, html] of changes) {
      const told = html === null ? take(key) : put(key, html);
      if (told) heard.push(told);
    }
  });
  tell();
  if (heard.length) speaking = speaking || setTimeout(speak, 500);
}

function speak() {
  speaking = 0;
  news.textContent = heard.length > 3 ? heard.length + ' changes' : heard.join('. ');
  heard = [];
}

for (const row of body.children) {
  const key = row.dataset.key;
  rows.set(key, row);
  order.push(key);
  note(key);
}
document.getElementById('tools').hidden = false;
filter.addEventListener('input', () => {
  words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  order.forEach(look);
  tell();
});
filter.addEventListener('keydown', event => {
  if (event.key === 'Escape' && filter.value) {
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
  }
});

let events, again;
function connect() {
  clearTimeout(again);
  events = new EventSource('/api/events?rows');
  events.addEventListener('open', () => { connection.textContent = ''; });
  events.addEventListener('error', () => {
    connection.textContent = 'The registry does not answer: the list is as it was.';
    if (events.readyState === EventSource.CLOSED) again = setTimeout(connect, 5000);
  });
  events.addEventListener('services', event => {
    const all = JSON.parse(event.data), has = new Set();
    for (const {key, row} of all) { has.add(key); later(key, row); }
    for (const key of order) if (!has.has(key)) later(key, null);
  });
  events.addEventListener('change', event => {
    const {key, row} = JSON.parse(event.data);
    later(key, row);
  });
}
connect();
// A page that the browser keeps for the back button holds no connection.
addEventListener('pagehide', () => events.close());
addEventListener('pageshow', event => { if (event.persisted) connect(); });
