/** What a metric is: its type for Prometheus, what it says, and the labels that tell its series apart. */
export interface MetricDescription<Label extends string = string> {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly Label[];
}

/**
 * Every metric there is, in one place: rules, dashboards and their tests take names and labels from here. Counters end in `_total`, units are in the name.
 */
export const METRICS = {
  // process
  process_cpu_seconds_total: counter('Processor time used, user and system.'),
  process_resident_memory_bytes: gauge('Resident memory.'),
  process_start_time_seconds: gauge('When the process started, seconds since 1970.'),
  nodejs_heap_used_bytes: gauge('Heap in use.'),
  nodejs_eventloop_delay_seconds: gauge('How late the event loop was since the last reading.', 'quantile'),
  corral_spans_total: counter(
    'Spans of traces, by what became of them: exported, failed (nobody took them) or dropped (too many at once).',
    'outcome',
  ),
  // ingestion
  corral_heartbeats_accepted_total: counter('Heartbeats accepted, durable in the log.'),
  corral_heartbeats_rejected_total: counter('Heartbeats refused, by reason.', 'code'),
  corral_ingestion_requests_total: counter('Requests with heartbeats, by answer.', 'status', 'code'),
  corral_ingestion_request_seconds: histogram('From a request to its answer.'),
  corral_ingestion_inflight_items: gauge('Heartbeats between their arrival and the answer.'),
  corral_ingestion_inflight_bytes: gauge('Bytes of requests between their arrival and the answer.'),
  corral_ticks_total: counter('Ticks written, one per partition.'),
  corral_directory_age_seconds: gauge('How old the directory snapshot is; nothing can be revoked below that.'),
  corral_directory_lookups_total: counter('Unknown keys asked about, by what came of it.', 'outcome'),
  corral_clock_shifted_total: counter('Accepted heartbeats whose clock ran ahead.'),
  corral_week_rollover_total: counter('Refused heartbeats of a receiver whose GPS week rolled over.'),
  // history
  corral_track_rows_total: counter('Reports written into the track.'),
  corral_track_days_dropped_total: counter('Days of the track dropped by retention.'),
  // log and consumers
  corral_log_append_seconds: histogram('From an append to the log saying durable.', 'topic'),
  corral_log_append_failures_total: counter('Appends of which some may not be durable.', 'topic'),
  corral_consumer_records_total: counter('Records taken from the log.', 'consumer'),
  corral_consumer_flush_seconds: histogram('A flush, from its first statement to its commit.', 'consumer'),
  corral_consumer_claims_total: counter('Partitions claimed: each start and each rebalance claims anew.', 'consumer'),
  corral_consumer_partitions: gauge('Partitions that are ours.', 'consumer'),
  corral_consumer_fenced_total: counter('Partitions that the fence refused us.', 'consumer'),
  corral_consumer_parked: gauge('Partitions that wait for an operator.', 'consumer'),
  corral_consumer_vehicles_set_aside: gauge('Vehicles whose records go straight to the dead letters.', 'consumer'),
  corral_watermark_age_seconds: gauge(
    'How old the newest thing known of the oldest partition is: our lag.',
    'consumer',
  ),
  corral_dead_letters_total: counter('Records set aside.', 'consumer', 'reason'),
  corral_outbox_published_total: counter('Messages of the outbox put into the log.', 'consumer'),
  corral_outbox_unpublished: gauge('Messages committed and not yet in the log.', 'consumer'),
  // database
  corral_database_connections: gauge('Connections of the pool, by whether they are at work.', 'state'),
  corral_database_waiting: gauge('Statements that wait for a connection: the pool is exhausted when some always do.'),
  corral_vehicle_state_hot_ratio: gauge(
    'Share of the updates of vehicle_state that touched no index, since the statistics were last reset.',
  ),
  // geofence
  corral_reports_evaluated_total: counter('Reports by what became of them.', 'outcome'),
  corral_facts_total: counter('Facts decided, by type and kind.', 'type', 'kind'),
  corral_facts_retracted_total: counter('Facts taken back, by type and kind.', 'type', 'kind'),
  corral_vehicles_without_report_total: counter(
    'Vehicles decided for time alone: a deadline, a silence, a change of zones.',
  ),
  corral_anomalies_total: counter('Reports with something wrong, by what.', 'kind'),
  // notification
  corral_alerts_total: counter('What violations meant for their alerts.', 'decision'),
  corral_alert_latency_seconds: histogram(
    'From the receipt of the heartbeat that decided an alert to the commit of the alert.',
  ),
  corral_deliveries_total: counter('Deliveries planned.'),
  corral_delivery_attempts_total: counter('Attempts to deliver a webhook, by how they ended.', 'outcome'),
  corral_delivery_seconds: histogram('How long receivers took to answer.'),
  corral_deliveries_pending: gauge('Deliveries that wait for their next attempt.'),
  // gateway
  corral_http_requests_total: counter('Requests answered.', 'method', 'route', 'status'),
  corral_http_request_seconds: histogram('From request to answer.', 'method', 'route'),
  corral_live_clients: gauge('Open live streams.'),
};

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;
/** The names of the metrics of one type. */
export type NameOf<Type extends MetricDescription['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];
/** The labels of a metric. */
export type LabelOf<Name extends MetricName> = (typeof METRICS)[Name]['labels'][number];

/** The names of all of {@link METRICS}. */
export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

function counter<const Label extends string = never>(help: string, ...labels: readonly Label[]) {
  return { type: 'counter' as const, help, labels };
}

function gauge<const Label extends string = never>(help: string, ...labels: readonly Label[]) {
  return { type: 'gauge' as const, help, labels };
}

function histogram<const Label extends string = never>(help: string, ...labels: readonly Label[]) {
  return { type: 'histogram' as const, help, labels };
}
