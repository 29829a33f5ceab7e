-- name: contact_of(user_id)^
-- How somebody is written to.
SELECT user_id, email, language, reminders FROM contact WHERE user_id = :user_id;

-- name: put_contact(user_id, email, language, reminders)*!
-- Write to somebody so from now on.
INSERT INTO contact (user_id, email, language, reminders) VALUES (:user_id, :email, :language, :reminders)
ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, language = excluded.language, reminders = excluded.reminders;
