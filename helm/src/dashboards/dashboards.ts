import { recordOf } from '../alerts/burn-rate';
import { SLOS } from '../alerts/slos';
import type { Dashboard } from './dashboard';
import { nowOf, perSecond, processorTime, quantiles, remembered } from './queries';

/** The four dashboards: the promises, the way in, the way through, the way out. */
export const DASHBOARDS: readonly Dashboard[] = [
  {
    slug: 'promises',
    title: 'Promises',
    description: 'Are the promises kept? One row of bad shares, and what they are made of.',
    panels: [
      ...SLOS.map((slo) => ({
        title: slo.promise,
        description: slo.meaning,
        unit: 'percentunit',
        limit: slo.budget,
        queries: ['5m', '1h', '6h'].map((window) => remembered(recordOf(slo.slug, window), `bad share, ${window}`)),
      })),
      { title: 'Heartbeats accepted', unit: 'reqps', queries: [perSecond('corral_heartbeats_accepted_total')] },
      {
        title: 'Behind, in seconds',
        unit: 's',
        limit: 30,
        queries: [nowOf('max', 'corral_watermark_age_seconds', 'consumer')],
      },
      { title: 'Heartbeat to alert', unit: 's', limit: 5, queries: quantiles('corral_alert_latency_seconds') },
      { title: 'Alerts', unit: 'short', queries: [perSecond('corral_alerts_total', 'decision')] },
      {
        title: 'Partitions that wait for an operator',
        kind: 'stat',
        unit: 'short',
        limit: 1,
        queries: [nowOf('sum', 'corral_consumer_parked', 'consumer')],
      },
    ],
  },
  {
    slug: 'in',
    title: 'The way in',
    description: 'Ingestion and the gateway: what comes, what is refused, how long it takes.',
    panels: [
      {
        title: 'Requests with heartbeats, by answer',
        unit: 'reqps',
        queries: [perSecond('corral_ingestion_requests_total', 'code')],
      },
      {
        title: 'From request to answer',
        unit: 's',
        queries: quantiles('corral_ingestion_request_seconds', [0.5, 0.95, 0.99]),
      },
      {
        title: 'Heartbeats refused, by reason',
        unit: 'reqps',
        queries: [perSecond('corral_heartbeats_rejected_total', 'code')],
      },
      {
        title: 'Heartbeats in flight',
        unit: 'short',
        queries: [nowOf('sum', 'corral_ingestion_inflight_items', 'component')],
      },
      {
        title: 'Bytes in flight',
        unit: 'bytes',
        queries: [nowOf('sum', 'corral_ingestion_inflight_bytes', 'component')],
      },
      { title: 'Clocks that ran ahead', unit: 'reqps', queries: [perSecond('corral_clock_shifted_total')] },
      { title: 'GPS weeks that rolled over', unit: 'reqps', queries: [perSecond('corral_week_rollover_total')] },
      {
        title: 'Age of the directory',
        unit: 's',
        limit: 120,
        queries: [nowOf('max', 'corral_directory_age_seconds', 'component')],
      },
      {
        title: 'Unknown keys asked about',
        unit: 'reqps',
        queries: [perSecond('corral_directory_lookups_total', 'outcome')],
      },
      { title: 'Ticks', unit: 'reqps', queries: [perSecond('corral_ticks_total')] },
      { title: 'API requests, by status', unit: 'reqps', queries: [perSecond('corral_http_requests_total', 'status')] },
      { title: 'API, from request to answer', unit: 's', queries: quantiles('corral_http_request_seconds') },
      { title: 'Live streams', unit: 'short', queries: [nowOf('sum', 'corral_live_clients', 'component')] },
    ],
  },
  {
    slug: 'through',
    title: 'The way through',
    description: 'The log, its consumers and what geofence decides.',
    panels: [
      { title: 'Append to durable', unit: 's', queries: quantiles('corral_log_append_seconds') },
      {
        title: 'Appends that failed',
        unit: 'reqps',
        queries: [perSecond('corral_log_append_failures_total', 'topic')],
      },
      { title: 'Records consumed', unit: 'reqps', queries: [perSecond('corral_consumer_records_total', 'consumer')] },
      { title: 'A flush', unit: 's', queries: quantiles('corral_consumer_flush_seconds') },
      {
        title: 'Claims: starts and rebalances',
        unit: 'short',
        queries: [perSecond('corral_consumer_claims_total', 'consumer')],
      },
      { title: 'Partitions owned', unit: 'short', queries: [nowOf('sum', 'corral_consumer_partitions', 'consumer')] },
      {
        title: 'Refused by the fence',
        unit: 'short',
        queries: [perSecond('corral_consumer_fenced_total', 'consumer')],
      },
      { title: 'Dead letters', unit: 'short', queries: [perSecond('corral_dead_letters_total', 'reason')] },
      {
        title: 'Vehicles set aside',
        unit: 'short',
        queries: [nowOf('sum', 'corral_consumer_vehicles_set_aside', 'consumer')],
      },
      { title: 'Published', unit: 'reqps', queries: [perSecond('corral_outbox_published_total', 'consumer')] },
      {
        title: 'Committed, not yet published',
        unit: 'short',
        queries: [nowOf('sum', 'corral_outbox_unpublished', 'consumer')],
      },
      { title: 'Reports evaluated', unit: 'reqps', queries: [perSecond('corral_reports_evaluated_total', 'outcome')] },
      {
        title: 'Vehicles decided for time alone',
        unit: 'reqps',
        queries: [perSecond('corral_vehicles_without_report_total')],
      },
      { title: 'Anomalies', unit: 'reqps', queries: [perSecond('corral_anomalies_total', 'kind')] },
      { title: 'Facts', unit: 'reqps', queries: [perSecond('corral_facts_total', 'kind')] },
      { title: 'Facts taken back', unit: 'reqps', queries: [perSecond('corral_facts_retracted_total', 'kind')] },
      { title: 'Track', unit: 'reqps', queries: [perSecond('corral_track_rows_total')] },
    ],
  },
  {
    slug: 'out',
    title: 'The way out',
    description: 'Deliveries, and the health of the processes and of their database.',
    panels: [
      { title: 'Deliveries planned', unit: 'reqps', queries: [perSecond('corral_deliveries_total')] },
      {
        title: 'Attempts, by outcome',
        unit: 'reqps',
        queries: [perSecond('corral_delivery_attempts_total', 'outcome')],
      },
      { title: 'Receivers took', unit: 's', queries: quantiles('corral_delivery_seconds') },
      {
        title: 'Deliveries that wait',
        unit: 'short',
        queries: [nowOf('max', 'corral_deliveries_pending', 'component')],
      },
      { title: 'Days of the track dropped', unit: 'short', queries: [perSecond('corral_track_days_dropped_total')] },
      { title: 'Database connections', unit: 'short', queries: [nowOf('sum', 'corral_database_connections', 'state')] },
      {
        title: 'Waiting for a connection',
        unit: 'short',
        queries: [nowOf('max', 'corral_database_waiting', 'component')],
      },
      {
        title: 'Updates that touch no index',
        unit: 'percentunit',
        queries: [nowOf('min', 'corral_vehicle_state_hot_ratio', 'component')],
      },
      { title: 'Processor time', unit: 'short', queries: [processorTime()] },
      { title: 'Memory', unit: 'bytes', queries: [nowOf('max', 'process_resident_memory_bytes', 'component')] },
      { title: 'Heap', unit: 'bytes', queries: [nowOf('max', 'nodejs_heap_used_bytes', 'component')] },
      {
        title: 'Event loop late by',
        unit: 's',
        limit: 0.25,
        queries: [nowOf('max', 'nodejs_eventloop_delay_seconds', 'component')],
      },
      { title: 'Started', unit: 'dateTimeFromNow', queries: [nowOf('min', 'process_start_time_seconds', 'component')] },
      { title: 'Spans', unit: 'reqps', queries: [perSecond('corral_spans_total', 'outcome')] },
    ],
  },
];
