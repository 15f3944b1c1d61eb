-- Whose lease it is, over restarts: what an earlier life of a process was telling when it was killed, the next one takes up at once.
ALTER TABLE delivery ADD COLUMN leased_by text;
-- Since when there have been nothing but failures; a success ends it.
ALTER TABLE webhook_endpoint ADD COLUMN failing_since timestamptz(3);
