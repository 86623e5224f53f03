-- Copies every completed saga {copies} times, with its history and its outputs, under new ids and
-- keys: what the engine's tables look like after that many more sagas.
CREATE TEMPORARY TABLE copied AS
SELECT i.id AS old_id, sagad.uuid_v7() AS id, n
FROM generate_series(1, {copies}) AS n, sagad.saga_instance AS i
WHERE i.status = 'completed';

INSERT INTO sagad.saga_instance
SELECT r.*
FROM copied AS c
JOIN sagad.saga_instance AS i ON i.id = c.old_id
CROSS JOIN LATERAL jsonb_populate_record(
  i, jsonb_build_object('id', c.id, 'key', i.key || '-copy-' || c.n)) AS r
ORDER BY c.id;

INSERT INTO sagad.history
SELECT r.*
FROM copied AS c
JOIN sagad.history AS h ON h.saga_id = c.old_id
CROSS JOIN LATERAL jsonb_populate_record(h, jsonb_build_object('saga_id', c.id)) AS r
ORDER BY c.id;

INSERT INTO sagad.step_output
SELECT r.*
FROM copied AS c
JOIN sagad.step_output AS o ON o.saga_id = c.old_id
CROSS JOIN LATERAL jsonb_populate_record(o, jsonb_build_object('saga_id', c.id)) AS r
ORDER BY c.id;

DROP TABLE copied;
