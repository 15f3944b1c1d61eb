import type { Slo } from './burn-rate';

const HOURS_12 = 720;

/** What Corral promises its operator, as code. */
export const SLOS: readonly Slo[] = [
  {
    slug: 'accept',
    alert: 'CorralAcceptBudget',
    promise: 'Heartbeats are taken in, 99.9 %',
    budget: 0.001,
    badShare: (window) =>
      `sum by (namespace) (rate(corral_ingestion_requests_total{status=~"5.."}[${window}])) / ` +
      `sum by (namespace) (rate(corral_ingestion_requests_total[${window}]))`,
    meaning:
      'Devices are answered with 5xx. Nothing acknowledged is lost: they keep their heartbeats and send them again.',
    look: [
      '`corral_ingestion_requests_total` by `code`: the word says why.',
      'Readiness of the ingestion pods: `directory` (no snapshot) or `log` (Kafka cannot be reached).',
      '`corral_log_append_seconds` and `corral_log_append_failures_total`: is it the log?',
    ],
    act: [
      'Kafka away: mend Kafka, ingestion recovers by itself.',
      'No directory snapshot: PostgreSQL must be reached once from every new pod.',
      'Too much at once (`overloaded`): more replicas of ingestion.',
    ],
    badSeries: (share) => [
      [
        'corral_ingestion_requests_total{namespace="fleet",status="503",code="log_unavailable"}',
        `0+${share * 6000}x${HOURS_12}`,
      ],
      [
        'corral_ingestion_requests_total{namespace="fleet",status="202",code="accepted"}',
        `0+${(1 - share) * 6000}x${HOURS_12}`,
      ],
    ],
  },
  {
    slug: 'alert_latency',
    alert: 'CorralAlertLatencyBudget',
    promise: 'An alert within 5 s of its heartbeat, 99 %',
    budget: 0.01,
    badShare: (window) =>
      `1 - sum by (namespace) (rate(corral_alert_latency_seconds_bucket{le="5"}[${window}])) / ` +
      `sum by (namespace) (rate(corral_alert_latency_seconds_count[${window}]))`,
    meaning: 'People learn late of what their vehicles do.',
    look: [
      '`corral_watermark_age_seconds` of geofence: is evaluation behind?',
      '`corral_outbox_unpublished`: is the relay behind?',
      'Lag of the consumer group `notification`.',
    ],
    act: [
      'More replicas of the consumer that is behind, up to the number of partitions.',
      'A slow database: see CorralPoolExhausted.',
    ],
    badSeries: (share) => [
      ['corral_alert_latency_seconds_bucket{namespace="fleet",le="5"}', `0+${(1 - share) * 6000}x${HOURS_12}`],
      ['corral_alert_latency_seconds_count{namespace="fleet"}', `0+6000x${HOURS_12}`],
    ],
  },
  {
    slug: 'freshness',
    alert: 'CorralFreshnessBudget',
    promise: 'What is shown is younger than 30 s, 99.5 % of minutes',
    budget: 0.005,
    badShare: (window) => `avg_over_time((max by (namespace) (corral_watermark_age_seconds) > bool 30)[${window}:1m])`,
    meaning: 'Positions, zones and silence are judged on old data.',
    look: [
      '`corral_watermark_age_seconds` by `consumer`: which one is behind?',
      '`corral_consumer_parked`: does a partition stand still?',
      '`corral_ticks_total`: are there ticks at all?',
    ],
    act: ['More replicas of that consumer.', 'A parked partition: see CorralPartitionParked.'],
    badSeries: (share) => [
      // So many of each two hundred minutes are late.
      [
        'corral_watermark_age_seconds{namespace="fleet",consumer="geofence"}',
        share >= 0.02 ? `60x${HOURS_12}` : `1x${HOURS_12}`,
      ],
    ],
  },
  {
    slug: 'delivery',
    alert: 'CorralDeliveryBudget',
    promise: 'Webhooks arrive in the end, 99.5 %',
    budget: 0.005,
    badShare: (window) =>
      `sum by (namespace) (rate(corral_delivery_attempts_total{outcome="failed"}[${window}])) / ` +
      `sum by (namespace) (rate(corral_delivery_attempts_total{outcome=~"delivered|failed"}[${window}]))`,
    meaning:
      'Deliveries are given up, after ten attempts within about two days or because the receiver said it is gone.',
    look: [
      '`GET /v1/webhook-endpoints/{id}/deliveries`: which endpoint, which answers?',
      'Egress of the notification pods: does a NetworkPolicy or a proxy stop them?',
    ],
    act: [
      'One endpoint: tell its owner, then redeliver (`POST /v1/deliveries/{id}/redeliver`).',
      'All of them: mend the way out.',
    ],
    badSeries: (share) => [
      ['corral_delivery_attempts_total{namespace="fleet",outcome="failed"}', `0+${share * 6000}x${HOURS_12}`],
      ['corral_delivery_attempts_total{namespace="fleet",outcome="delivered"}', `0+${(1 - share) * 6000}x${HOURS_12}`],
    ],
  },
];
