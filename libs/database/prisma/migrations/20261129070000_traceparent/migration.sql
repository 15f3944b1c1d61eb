-- The W3C traceparent of what is traced, so that one trace goes from a heartbeat to the webhook about it; null for all else.
ALTER TABLE log_record ADD COLUMN traceparent text;
ALTER TABLE outbox ADD COLUMN traceparent text;
ALTER TABLE delivery ADD COLUMN traceparent text;
