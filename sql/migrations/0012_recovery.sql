-- 1 from when a process saw that this database is older than what was published, until `safeconduct recover`.
INSERT INTO head (name, value) VALUES ('recovery', 0);
