-- What `sagad dev` puts into the payment service's database.

-- name: SampleAccounts
INSERT INTO tbl_account (id, balance)
VALUES ('alice', 1000), ('bob', 500), ('carol', 50), ('dave', 0)
ON CONFLICT (id) DO NOTHING;
