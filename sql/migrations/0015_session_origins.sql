-- From where and by what program a session was opened, for the list in which its owner looks for strangers.
ALTER TABLE session ADD COLUMN opened_from TEXT;
ALTER TABLE session ADD COLUMN opened_with TEXT;
