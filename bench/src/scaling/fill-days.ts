import { ensureDay, type Database } from '@corral/database';

/** Of the whole fleet. */
export const ROWS_A_DAY = 200_000;

/** Lets the track reach back `days` days, today included, as if the vehicles had ridden on each of them. Days that are there already are left as they are. */
export async function fillDays(database: Database, days: number, vehicles: number): Promise<void> {
  const { rows } = await database.query<{ day: string }>(
    `SELECT day FROM generate_series(0, $1 - 1) AS g (back), LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date - back AS day) d
      WHERE NOT EXISTS (SELECT FROM track t WHERE t.day = d.day AND t.boot_id = 'filled')`,
    [days],
  );
  for (const { day } of rows) {
    await database.query(
      'INSERT INTO track_day (day, last_received_at) VALUES ($1::date, $1::date) ON CONFLICT (day) DO NOTHING',
      [day],
    );
    await ensureDay(database, 'track', day);
    await database.query(
      `INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source, lng, lat, accuracy_m, speed_mps, battery_percent, state, boot_id)
       SELECT $1::date, 'default', 'bike-' || lpad((n % $2)::text, 6, '0'), at, at, at, 'device', 4.9, 52.37, 8, 4.2, 87, 'on_trip', 'filled'
         FROM generate_series(1, $3::int) AS n, LATERAL (SELECT $1::date + n * interval '0.4 seconds' AS at) a`,
      [day, vehicles, ROWS_A_DAY],
    );
  }
  await database.query('ANALYZE track');
}
