'use strict';

module.exports = {
  port: Number(process.env.PORT || 8080),
  // server to server
  api: process.env.API_INTERNAL_URL || 'http://api:9000',
  // what we print into pages
  apiPublic: process.env.API_PUBLIC_URL || 'http://localhost:9000',
  mediaPublic: process.env.MEDIA_PUBLIC_URL || 'http://localhost:9000/media',
  handbook: process.env.HANDBOOK_URL || 'http://localhost:3000',
  // ms
  upstreamTimeout: 9000,
  carouselInterval: 3000,
  maxAge: 86400,
};
