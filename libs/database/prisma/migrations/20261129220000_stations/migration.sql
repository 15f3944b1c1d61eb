-- The stations of a fleet, whole, as often as they were said. `definition` is a StationSetDefinition (libs/domain) as JSON text, so that every coordinate
-- comes back as it came. Immutable.
CREATE TABLE station_set (
  fleet_id text NOT NULL REFERENCES fleet (id),
  version bigint NOT NULL,
  stations int NOT NULL,
  definition text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet_id, version)
);

-- Which stations count beside these zones (ADR 0025). NULL: nobody has said where stations are.
ALTER TABLE zone_schedule ADD COLUMN station_version bigint,
  ADD FOREIGN KEY (fleet_id, station_version) REFERENCES station_set (fleet_id, version);

-- Whoever serves a fleet sees its rows, as everywhere.
DO $$
DECLARE
  own text := $o$ fleet_id = current_setting('app.fleet_id', true) $o$;
  others text := $o$ current_user <> 'corral_gateway'
    AND (coalesce(current_setting('app.fleet_id', true), '') = '' OR fleet_id = current_setting('app.fleet_id', true)) $o$;
BEGIN
  ALTER TABLE station_set ENABLE ROW LEVEL SECURITY;
  ALTER TABLE station_set FORCE ROW LEVEL SECURITY;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway') THEN
    GRANT SELECT, INSERT ON station_set TO corral_gateway;
    EXECUTE format('CREATE POLICY own_fleet ON station_set TO corral_gateway USING (%s) WITH CHECK (%s)', own, own);
  END IF;
  EXECUTE format('CREATE POLICY other_roles ON station_set TO PUBLIC USING (%s) WITH CHECK (%s)', others, others);
END $$;
