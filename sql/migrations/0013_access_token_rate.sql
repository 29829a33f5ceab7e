-- How many access tokens a client got lately.
CREATE INDEX short_token_client ON short_token (client_id, issued_at);
