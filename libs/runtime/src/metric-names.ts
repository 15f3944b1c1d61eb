/** Every metric we have, in one place: dashboards and alert rules are checked against it. Counters end in `_total`, units are in the name. */
export const METRIC_NAMES = [
  // process
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
  'nodejs_heap_used_bytes',
  'nodejs_eventloop_delay_seconds',
  // ingestion
  'corral_heartbeats_accepted_total',
  'corral_heartbeats_rejected_total',
  'corral_ingestion_requests_total',
  'corral_ingestion_request_seconds',
  'corral_ingestion_inflight_items',
  'corral_ingestion_inflight_bytes',
  'corral_ticks_total',
  'corral_directory_age_seconds',
  'corral_directory_lookups_total',
  'corral_clock_shifted_total',
  // history
  'corral_track_rows_total',
  'corral_track_days_dropped_total',
  // log and consumers
  'corral_log_append_seconds',
  'corral_log_append_failures_total',
  'corral_consumer_records_total',
  'corral_consumer_flush_seconds',
  'corral_consumer_fenced_total',
  'corral_consumer_parked',
  'corral_consumer_vehicles_set_aside',
  'corral_watermark_age_seconds',
  'corral_dead_letters_total',
  'corral_outbox_published_total',
  'corral_outbox_unpublished',
  // geofence
  'corral_reports_evaluated_total',
  'corral_facts_total',
  'corral_facts_retracted_total',
  'corral_reports_late_total',
  'corral_zone_sets_loaded_total',
  // notification
  'corral_alerts_total',
  'corral_deliveries_total',
  'corral_delivery_attempts_total',
  'corral_delivery_seconds',
  'corral_deliveries_pending',
  // gateway
  'corral_http_requests_total',
  'corral_http_request_seconds',
  'corral_live_clients',
] as const;

/** One of {@link METRIC_NAMES}. */
export type MetricName = (typeof METRIC_NAMES)[number];
