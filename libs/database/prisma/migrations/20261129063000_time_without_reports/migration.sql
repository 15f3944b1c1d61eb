-- What happens without a report (ADR 0012). Deadlines have a narrow table of their own: moving one there rewrites no state row and none of its indexes.
DROP INDEX vehicle_state_silence;
ALTER TABLE vehicle_state DROP COLUMN silence_check_at, ADD COLUMN decided_to timestamptz(3);
-- Sweeps go through the vehicles of one fleet in one partition.
DROP INDEX vehicle_state_partition;
CREATE INDEX vehicle_state_partition ON vehicle_state (partition, fleet_id, vehicle_id);

-- geofence: from which watermark on a vehicle is looked at though nothing is heard of it. Written when unset, sooner or reached, never per heartbeat.
CREATE TABLE vehicle_look (
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  partition int NOT NULL,
  look_at timestamptz(3), -- NULL: there is nothing to wait for
  PRIMARY KEY (fleet_id, vehicle_id)
) WITH (fillfactor = 70);
CREATE INDEX vehicle_look_due ON vehicle_look (partition, look_at) WHERE look_at IS NOT NULL;

-- geofence: since when the records of a partition come without a break: whoever could not be heard before was not silent.
CREATE TABLE receipt_break (partition int PRIMARY KEY, ended_at timestamptz(3) NOT NULL);

-- Whoever serves a fleet sees its rows, as everywhere.
DO $$
DECLARE
  own text := $o$ fleet_id = current_setting('app.fleet_id', true) $o$;
  others text := $o$ current_user <> 'corral_gateway'
    AND (coalesce(current_setting('app.fleet_id', true), '') = '' OR fleet_id = current_setting('app.fleet_id', true)) $o$;
BEGIN
  ALTER TABLE vehicle_look ENABLE ROW LEVEL SECURITY;
  ALTER TABLE vehicle_look FORCE ROW LEVEL SECURITY;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway') THEN
    GRANT SELECT ON vehicle_look TO corral_gateway;
    EXECUTE format('CREATE POLICY own_fleet ON vehicle_look TO corral_gateway USING (%s) WITH CHECK (%s)', own, own);
  END IF;
  EXECUTE format('CREATE POLICY other_roles ON vehicle_look TO PUBLIC USING (%s) WITH CHECK (%s)', others, others);
END $$;
