-- When a vehicle that crossed a zone between two fixes got in and out, estimated; of 'crossed' alone.
ALTER TABLE geofence_event ADD COLUMN entered_at timestamptz(3), ADD COLUMN exited_at timestamptz(3);
