-- sagad: oldest=0.1.0
--
-- What operators have ordered. A daemon of the release before does not know the column and leaves
-- it as it is: it goes on with a saga that somebody has paused and resumed meanwhile as it stands.

ALTER TABLE sagad.saga_instance ADD COLUMN control json;
COMMENT ON COLUMN sagad.saga_instance.control IS
  'Since when it is paused, and the operator''s order that waits for an answer; null for sagas that '
  'nobody has touched.';
