-- One writer per table (named in each comment). Times are timestamptz(3): on the wire and in code they are epoch milliseconds, so that a time read is
-- the time stored and a cursor made of it skips nothing.

-- gateway ------------------------------------------------------------------------------------------------------------
CREATE TABLE fleet (
  id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- A key is `crl_key_<key_id>_<secret>_<crc>`; only the SHA-256 of the whole is stored. A bootstrap key has no key_id form: its key_id is 'bootstrap'.
CREATE TABLE api_key (
  fleet_id text NOT NULL REFERENCES fleet (id),
  key_id text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  name text,
  scopes text[] NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  PRIMARY KEY (fleet_id, key_id)
);

CREATE TABLE vehicle (
  fleet_id text NOT NULL REFERENCES fleet (id),
  id text NOT NULL,
  vehicle_type_id text,
  name text,
  labels jsonb NOT NULL DEFAULT '{}',
  archived_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet_id, id)
);

-- Immutable once written but for status. `definition` is a ZoneSetDefinition (libs/domain) as JSON text, so that every coordinate comes back as it came.
CREATE TABLE zone_set (
  fleet_id text NOT NULL REFERENCES fleet (id),
  version bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('draft', 'published')),
  origin text NOT NULL,
  profile text NOT NULL,
  zones int NOT NULL,
  refused jsonb NOT NULL DEFAULT '[]',
  warnings jsonb NOT NULL DEFAULT '[]',
  definition text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  published_at timestamptz(3),
  PRIMARY KEY (fleet_id, version)
);

-- Append-only. A fleet's first row counts from the beginning of time ('-infinity').
CREATE TABLE zone_schedule (
  fleet_id text NOT NULL,
  revision bigint NOT NULL,
  version bigint NOT NULL,
  effective_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet_id, revision),
  FOREIGN KEY (fleet_id, version) REFERENCES zone_set (fleet_id, version)
);

-- What an operator did to what (append-only).
CREATE TABLE audit (
  id text PRIMARY KEY,
  fleet_id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE webhook_endpoint (
  fleet_id text NOT NULL REFERENCES fleet (id),
  id text NOT NULL,
  url text NOT NULL,
  types text[] NOT NULL DEFAULT '{}', -- empty: all
  description text,
  secret text NOT NULL,
  previous_secret text,
  previous_secret_until timestamptz(3),
  disabled_at timestamptz(3),
  disabled_reason text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet_id, id)
);

-- consumers ----------------------------------------------------------------------------------------------------------
-- The fence. Claiming = epoch + 1; every transaction of the owner ends with revision + 1 where epoch and revision are as seen.
CREATE TABLE partition_owner (
  consumer text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  epoch bigint NOT NULL,
  revision bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL,
  next_seq bigint NOT NULL DEFAULT 1,
  published_seq bigint NOT NULL DEFAULT 0,
  cluster_id text NOT NULL,
  watermark timestamptz(3),
  parked_reason text,
  owner text,
  claimed_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- What a consumer decided and will publish: seq has no gaps and commits in order per (consumer, partition). Day partitions, dropped whole.
CREATE TABLE outbox (
  consumer text NOT NULL,
  day date NOT NULL,
  partition int NOT NULL,
  seq bigint NOT NULL,
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  type text NOT NULL,
  id text NOT NULL,
  revision int NOT NULL,
  payload text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, partition, seq, day)
) PARTITION BY RANGE (day);

CREATE TABLE dead_letter (
  id text PRIMARY KEY,
  consumer text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  record_offset bigint NOT NULL,
  key text,
  value bytea,
  reason text NOT NULL,
  detail text,
  record_timestamp timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (consumer, topic, partition, record_offset)
);

-- geofence -----------------------------------------------------------------------------------------------------------
-- No indexed column changes per heartbeat (cell and zones change when the vehicle really moves on).
CREATE TABLE vehicle_state (
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  partition int NOT NULL,
  cell int, -- 0.01 degree cell of the position: floor((lat + 90) * 100) * 36000 + floor((lng + 180) * 100)
  zones text[] NOT NULL DEFAULT '{}',
  zones_since jsonb NOT NULL DEFAULT '[]', -- [{ zoneId, since }] as the API shows it
  schedule_revision bigint NOT NULL DEFAULT 0,
  silence_check_at timestamptz(3),
  last_contact timestamptz(3),
  lng float8,
  lat float8,
  at timestamptz(3),
  received_at timestamptz(3),
  accuracy_m float8,
  speed_mps float8,
  heading_deg float8,
  battery_percent float8,
  state text,
  trip_id text,
  vehicle_type_id text,
  vehicle_type_missing boolean NOT NULL DEFAULT false,
  memory bytea NOT NULL, -- libs/domain VehicleMemory, versioned inside
  PRIMARY KEY (fleet_id, vehicle_id)
) WITH (fillfactor = 50);
CREATE INDEX vehicle_state_partition ON vehicle_state (partition);
CREATE INDEX vehicle_state_cell ON vehicle_state (fleet_id, cell);
CREATE INDEX vehicle_state_zones ON vehicle_state USING gin (zones);
CREATE INDEX vehicle_state_silence ON vehicle_state (silence_check_at);

CREATE TABLE geofence_event (
  id text PRIMARY KEY,
  revision int NOT NULL,
  retracted boolean NOT NULL DEFAULT false,
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  zone_id text NOT NULL,
  zone_set_version bigint NOT NULL,
  kind text NOT NULL,
  cause text NOT NULL,
  certainty text NOT NULL,
  late boolean NOT NULL,
  at timestamptz(3) NOT NULL,
  detected_at timestamptz(3) NOT NULL,
  lng float8 NOT NULL,
  lat float8 NOT NULL,
  distance_to_edge_m float8 NOT NULL,
  confidence float8 NOT NULL,
  replaces text,
  replaced_by text
);
CREATE INDEX geofence_event_fleet ON geofence_event (fleet_id, at DESC, id DESC);
CREATE INDEX geofence_event_vehicle ON geofence_event (fleet_id, vehicle_id, at DESC, id DESC);
CREATE INDEX geofence_event_zone ON geofence_event (fleet_id, zone_id, at DESC, id DESC);

CREATE TABLE violation (
  id text PRIMARY KEY,
  revision int NOT NULL,
  retracted boolean NOT NULL DEFAULT false,
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  zone_id text,
  zone_set_version bigint NOT NULL,
  kind text NOT NULL,
  rule_name text NOT NULL,
  rule_from text NOT NULL,
  status text NOT NULL,
  opened_at timestamptz(3) NOT NULL,
  closed_at timestamptz(3),
  detected_at timestamptz(3) NOT NULL,
  trip_id text,
  lng float8,
  lat float8,
  observed float8,
  limit_value float8
);
CREATE INDEX violation_fleet ON violation (fleet_id, opened_at DESC, id DESC);
CREATE INDEX violation_vehicle ON violation (fleet_id, vehicle_id, opened_at DESC, id DESC);

-- history ------------------------------------------------------------------------------------------------------------
-- Every accepted report, fixes and state reports alike. Day (UTC) of measured_at; the later received stays.
CREATE TABLE track (
  day date NOT NULL,
  fleet_id text NOT NULL,
  vehicle_id text NOT NULL,
  measured_at timestamptz(3) NOT NULL,
  at timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL,
  source text NOT NULL,
  flags text[] NOT NULL DEFAULT '{}',
  lng float8,
  lat float8,
  accuracy_m float8,
  speed_mps float8,
  heading_deg float8,
  altitude_m float8,
  battery_percent float8,
  state text,
  trip_id text,
  boot_id text,
  sequence bigint,
  vehicle_type_id text,
  PRIMARY KEY (day, fleet_id, vehicle_id, measured_at)
) PARTITION BY RANGE (day);
-- Retention counts from the last receipt of a day, so that replayed old days stay.
CREATE TABLE track_day (day date PRIMARY KEY, last_received_at timestamptz(3) NOT NULL);

-- notification -------------------------------------------------------------------------------------------------------
CREATE TABLE alert (
  id text PRIMARY KEY,
  revision int NOT NULL,
  fleet_id text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  status text NOT NULL,
  resolution text,
  title text NOT NULL,
  vehicle_id text,
  zone_id text,
  violation_ids text[] NOT NULL,
  violation_revisions jsonb NOT NULL DEFAULT '{}', -- by violation id, the highest revision known: one not above it does nothing
  count int NOT NULL DEFAULT 1,
  assignee_id text,
  opened_at timestamptz(3) NOT NULL,
  last_at timestamptz(3) NOT NULL,
  resolved_at timestamptz(3),
  snoozed_until timestamptz(3),
  -- The episode while it is open: one alert per (fleet, rule, vehicle, zone). NULL once resolved.
  episode text UNIQUE
);
CREATE INDEX alert_fleet ON alert (fleet_id, opened_at DESC, id DESC);
CREATE INDEX alert_vehicle ON alert (fleet_id, vehicle_id, opened_at DESC, id DESC);
CREATE INDEX alert_violations ON alert USING gin (violation_ids);

CREATE TABLE alert_history (
  id text PRIMARY KEY,
  alert_id text NOT NULL,
  fleet_id text NOT NULL,
  revision int NOT NULL,
  action text NOT NULL,
  actor text NOT NULL,
  at timestamptz(3) NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX alert_history_alert ON alert_history (alert_id, at);

-- A message waiting for, or done with, one endpoint. webhook_id = <fact or alert id>_r<revision>, constant over retries.
CREATE TABLE delivery (
  id text PRIMARY KEY,
  fleet_id text NOT NULL,
  endpoint_id text NOT NULL,
  webhook_id text NOT NULL,
  type text NOT NULL,
  body text NOT NULL,
  status text NOT NULL, -- pending | delivered | failed | dropped
  attempts int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz(3),
  lease_until timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  delivered_at timestamptz(3),
  UNIQUE (endpoint_id, webhook_id)
);
-- Claimed per endpoint, oldest due first, so that one endpoint's queue costs the others nothing.
CREATE INDEX delivery_due ON delivery (fleet_id, endpoint_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX delivery_leased ON delivery (fleet_id, endpoint_id) WHERE lease_until IS NOT NULL;
CREATE INDEX delivery_endpoint ON delivery (fleet_id, endpoint_id, created_at DESC, id DESC);

CREATE TABLE delivery_attempt (
  delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  attempt int NOT NULL,
  at timestamptz(3) NOT NULL,
  status_code int,
  latency_ms int NOT NULL,
  error text,
  response text,
  PRIMARY KEY (delivery_id, attempt)
);

-- the log without Kafka ----------------------------------------------------------------------------------------------
CREATE TABLE log_topic (topic text PRIMARY KEY, partitions int NOT NULL, retention_ms bigint NOT NULL, cluster_id text NOT NULL);
CREATE TABLE log_partition (
  topic text NOT NULL REFERENCES log_topic (topic),
  partition int NOT NULL,
  start_offset bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
CREATE TABLE log_record (
  day date NOT NULL, -- of receipt: retention drops whole days
  topic text NOT NULL,
  partition int NOT NULL,
  record_offset bigint NOT NULL,
  key text,
  value bytea,
  timestamp timestamptz(3) NOT NULL,
  PRIMARY KEY (topic, partition, record_offset, day)
) PARTITION BY RANGE (day);

-- Settings pinned at first start, such as the partition count and the token secret's fingerprint.
CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);

-- A missing day of a day-partitioned table, whoever meets it first: outbox, track, log_record. ATTACH, unlike CREATE … PARTITION OF, waits for no
-- running insert: two transactions that have both written yesterday do not wait for each other at midnight.
CREATE FUNCTION ensure_day(parent text, wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  child text := parent || '_' || to_char(wanted, 'YYYYMMDD');
BEGIN
  IF parent NOT IN ('outbox', 'track', 'log_record') THEN RAISE EXCEPTION 'ensure_day: % is not a day-partitioned table', parent; END IF;
  IF to_regclass(format('%I', child)) IS NOT NULL THEN RETURN; END IF;
  -- The lock that ATTACH needs anyway; waiting for a table's lock, unlike an advisory one, also shows what was made meanwhile.
  EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
  IF to_regclass(format('%I', child)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, wanted, wanted + 1);
END $$;

-- Who sees what --------------------------------------------------------------------------------------------------------
-- The role of those who serve people (withFleet, withFleetPrisma). Roles belong to the whole server: another database may have made it, or be making
-- it now. An owner of tables who may not make it goes without: the policies below bind such an owner too, by app.fleet_id alone.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway') THEN
    BEGIN
      CREATE ROLE corral_gateway NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    BEGIN
      EXECUTE format('GRANT corral_gateway TO %I', current_user);
    EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege OR internal_error THEN NULL; -- the last: granted twice at one moment
    END;
  END IF;
END $$;

DO $$
DECLARE
  gateway boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'corral_gateway');
  of_fleet text;
  served text := $s$ current_setting('app.fleet_id', true) $s$;
  own text;
  others text;
BEGIN
  IF gateway THEN
    GRANT USAGE ON SCHEMA public TO corral_gateway;
    -- What people read.
    GRANT SELECT ON fleet, api_key, vehicle, vehicle_state, zone_set, zone_schedule, audit, webhook_endpoint, geofence_event, violation, track,
      outbox, alert, alert_history, delivery, delivery_attempt TO corral_gateway;
    -- What people write. The audit only grows, and so does the schedule of zone sets.
    GRANT UPDATE ON fleet TO corral_gateway;
    GRANT INSERT, UPDATE, DELETE ON api_key, vehicle, zone_set, webhook_endpoint TO corral_gateway;
    GRANT INSERT ON zone_schedule, audit TO corral_gateway;
    -- An operator's act on an alert, a test message, a redelivery.
    GRANT UPDATE ON alert TO corral_gateway;
    GRANT INSERT ON alert_history TO corral_gateway;
    GRANT INSERT, UPDATE ON delivery TO corral_gateway;
    -- How far the consumers are: of no fleet.
    GRANT SELECT ON partition_owner TO corral_gateway;
  END IF;

  -- Rows of a fleet. The gateway sees those of the fleet it serves just now, and none when it has not said which. Other roles work across fleets,
  -- unless they say which one they serve.
  FOREACH of_fleet IN ARRAY ARRAY['fleet', 'api_key', 'vehicle', 'vehicle_state', 'zone_set', 'zone_schedule', 'audit', 'webhook_endpoint',
    'geofence_event', 'violation', 'track', 'outbox', 'alert', 'alert_history', 'delivery', 'delivery_attempt']
  LOOP
    own := CASE of_fleet
      WHEN 'fleet' THEN 'id = ' || served
      -- The rows of delivery are seen through its own policy.
      WHEN 'delivery_attempt' THEN 'EXISTS (SELECT FROM delivery d WHERE d.id = delivery_id)'
      ELSE 'fleet_id = ' || served
    END;
    others := format($o$ current_user <> 'corral_gateway' AND (coalesce(%s, '') = '' OR %s) $o$, served, own);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', of_fleet);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', of_fleet);
    IF gateway THEN
      EXECUTE format('CREATE POLICY own_fleet ON %I TO corral_gateway USING (%s) WITH CHECK (%s)', of_fleet, own, own);
    END IF;
    EXECUTE format('CREATE POLICY other_roles ON %I TO PUBLIC USING (%s) WITH CHECK (%s)', of_fleet, others, others);
  END LOOP;
END $$;
