-- The greatest time at which a token was signed: a clock that is behind it has been set back, and nothing is signed by it.
INSERT INTO head (name, value) VALUES ('signed_at', 0);
