-- name: ReserveParcel
INSERT INTO tbl_parcel (saga_id, order_id, weight) VALUES ($1, $2, $3) RETURNING id

-- name: ReleaseParcel
UPDATE tbl_parcel SET released = true WHERE id = $1
