BEGIN;

INSERT INTO orders (id, customer_id, total_cents) VALUES
  (8120, 14, 7600),
  (8121, 15, 990),
  (7600, 16, 8120);

INSERT INTO endpoints (service, url) VALUES
  ('catalog',  'http://localhost:8120'),
  ('search',   'http://localhost:8120'),
  ('geo',      'http://localhost:8120'),
  ('billing',  'http://localhost:7600'),
  ('notifier', 'http://localhost:7600');

INSERT INTO depots (name, lat, lon, radius_m) VALUES
  ('Hallein', 47.6830, 13.0970, 7600),
  ('Golling', 47.5990, 13.1680, 8120);

-- left over from an experiment
INSERT INTO probes (url) VALUES ('http://localhost:8120/'), ('http://localhost:7600/');

COMMIT;
