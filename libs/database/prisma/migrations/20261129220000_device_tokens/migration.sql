-- How many tokens the devices of a vehicle were given, and from when on one is worth nothing. A token verifies itself and is not kept. A row that
-- dies speaks for all lower numbers, too: those rows are the deny list.
CREATE TABLE device_token (
  fleet_id text NOT NULL REFERENCES fleet (id),
  vehicle_id text NOT NULL,
  number integer NOT NULL,
  issued_at timestamptz(3) NOT NULL DEFAULT now(),
  dies_at timestamptz(3),
  PRIMARY KEY (fleet_id, vehicle_id, number)
);

-- Read whole every 15 s by every ingestion.
CREATE INDEX device_token_denied ON device_token (fleet_id, vehicle_id, number) WHERE dies_at IS NOT NULL;

-- Whoever serves a fleet sees its rows, as everywhere.
DO $$
DECLARE
  own text := $o$ fleet_id = current_setting('app.fleet_id', true) $o$;
  others text := $o$ current_user <> 'corral_gateway'
    AND (coalesce(current_setting('app.fleet_id', true), '') = '' OR fleet_id = current_setting('app.fleet_id', true)) $o$;
BEGIN
  ALTER TABLE device_token ENABLE ROW LEVEL SECURITY;
  ALTER TABLE device_token FORCE ROW LEVEL SECURITY;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON device_token TO corral_gateway;
    EXECUTE format('CREATE POLICY own_fleet ON device_token TO corral_gateway USING (%s) WITH CHECK (%s)', own, own);
  END IF;
  EXECUTE format('CREATE POLICY other_roles ON device_token TO PUBLIC USING (%s) WITH CHECK (%s)', others, others);
END $$;
