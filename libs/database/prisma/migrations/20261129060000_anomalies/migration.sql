-- What is wrong with a vehicle's newest fix, as a word; shown with the vehicle. Not indexed: it may change with a heartbeat.
ALTER TABLE vehicle_state ADD COLUMN anomaly text;
