-- sagad: oldest=0.1.0
--
-- The tokens of answers that come later are derived from this secret, so that none has to be
-- kept. Two UUIDs of version 4 have 244 bits out of the server's strong random source.
CREATE TABLE sagad.answer_secret (
  single boolean NOT NULL DEFAULT true,
  secret bytea NOT NULL,
  CONSTRAINT answer_secret_pkey PRIMARY KEY (single),
  CONSTRAINT answer_secret_single_check CHECK (single),
  CONSTRAINT answer_secret_length_check CHECK (octet_length(secret) >= 32)
);
COMMENT ON TABLE sagad.answer_secret IS
  'One row: the key of the tokens with which final answers are given. Whoever reads it can answer '
  'for every step; when it changes, the tokens that are out are good no more.';

INSERT INTO sagad.answer_secret (secret)
VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
