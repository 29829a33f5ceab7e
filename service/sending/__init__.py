"""What leaves for people and other systems: mails, and webhooks."""
