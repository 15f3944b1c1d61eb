/**
 * Values that people bring along, from drafts of this chart or from other charts, and where each went. The schema lets them through, so that the
 * sentence is read instead of "additional property". A value removed by a new version of the chart gets its line here, and in UPGRADING.md.
 */
export const MOVED_VALUES: Readonly<Record<string, string>> = {
  replicaCount: 'every component has its own, such as gateway.replicas and geofence.replicas.',
  autoscaling: 'every component has its own, such as gateway.autoscaling and geofence.autoscaling.',
  env: 'settings of Corral belong into config, other variables into pods.extraEnv.',
  extraEnv: 'it is pods.extraEnv, or extraEnv of a component.',
  resources: 'every component has its own, such as ingestion.resources.',
  postgresql:
    'the chart brings no database; name the Secret with its URL in database.existingSecret (k8s/platform/postgres has an example).',
  databaseUrl: 'nothing secret stands in values; name the Secret with the URL in database.existingSecret.',
  serviceMonitor: 'it is monitoring.podMonitor.',
  metrics: 'it is monitoring.',
  'kafka.topics': 'the topics are those of the code; kafka.strimzi makes them, or else the migrations do.',
  'image.digest': 'there is one image for each app: image.digests.gateway and its siblings.',
};
