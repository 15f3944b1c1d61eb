-- When its bytes were last appended to the topic again (corral dlq replay).
ALTER TABLE dead_letter ADD COLUMN replayed_at timestamptz(3);
