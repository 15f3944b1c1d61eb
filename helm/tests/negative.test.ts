import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOVED_VALUES } from '../src/moved-values';
import { CHART, HELMS, helm, refusal, valuesOf } from './helm';

const template = (values: readonly string[], ...more: string[]) => [
  'template',
  'corral',
  CHART,
  '-f',
  valuesOf('default'),
  '--kube-version',
  '1.36',
  ...values.flatMap((value) => ['--set', value]),
  ...more,
];

/** Values that cannot work, and the sentence that says what to do. */
const REFUSED: readonly (readonly [string, readonly string[], string])[] = [
  [
    '[17] no secret for the database',
    ['database.existingSecret='],
    'database.existingSecret is not set: make a Secret with the URL of PostgreSQL',
  ],
  [
    '[17] no secret of ours',
    ['auth.existingSecret='],
    'auth.existingSecret is not set: make a Secret with a token secret of 32 characters or more',
  ],
  [
    'no brokers',
    ['kafka.brokers=null'],
    'kafka.brokers is empty: list the brokers as host:port, or set kafka.enabled=false',
  ],
  [
    'a login without its secret',
    ['kafka.sasl.mechanism=plain'],
    'name the Secret with user and password, or let Strimzi make users',
  ],
  ['a floating image', ['image.tag=latest'], 'image.tag is latest, which is another image tomorrow: name a version'],
  [
    '[35] more consumers than partitions, by a scaler',
    ['geofence.autoscaling.keda.enabled=true', 'geofence.autoscaling.maxReplicas=49'],
    'geofence.autoscaling.maxReplicas (49) is more than kafka.partitions (48): a partition has one owner, the others would idle; lower maxReplicas to 48.',
  ],
  [
    '[35] more consumers than partitions, by hand',
    ['history.replicas=5', 'kafka.partitions=4'],
    'history.replicas (5) is more than kafka.partitions (4): a partition has one owner, the others would idle; lower replicas to 4.',
  ],
  [
    '[36] two scalers for one Deployment',
    ['geofence.autoscaling.keda.enabled=true', 'geofence.autoscaling.hpa.enabled=true'],
    'geofence.autoscaling has both hpa and keda enabled: two scalers would fight over one Deployment; disable one of them.',
  ],
  [
    'lag of a Kafka that is not there',
    ['kafka.enabled=false', 'notification.autoscaling.keda.enabled=true'],
    'notification.autoscaling.keda scales on the lag of Kafka, and kafka.enabled is false: use notification.autoscaling.hpa, or fixed replicas.',
  ],
  [
    'fewer at most than at least',
    ['gateway.autoscaling.minReplicas=20'],
    'gateway.autoscaling.minReplicas (20) is more than its maxReplicas (10)',
  ],
  [
    'topics of nobody',
    ['kafka.strimzi.enabled=true', 'migrations.mode=job'],
    'kafka.strimzi.enabled needs kafka.strimzi.cluster',
  ],
  [
    'topics without Kafka',
    ['kafka.enabled=false', 'kafka.strimzi.enabled=true'],
    'kafka.strimzi.enabled without kafka.enabled',
  ],
  [
    'more replicas in sync than replicas',
    [
      'kafka.strimzi.enabled=true',
      'kafka.strimzi.cluster=c',
      'migrations.mode=job',
      'kafka.strimzi.minInSyncReplicas=4',
    ],
    'kafka.strimzi.minInSyncReplicas (4) is more than kafka.strimzi.replicas (3): nothing could ever be appended',
  ],
  [
    '[43] migrations before there is a user for them',
    ['kafka.strimzi.enabled=true', 'kafka.strimzi.cluster=c'],
    'migrations.mode=hook runs before Strimzi has made the users it logs in as: set migrations.mode=job.',
  ],
  [
    'certificates as a login without TLS',
    [
      'kafka.strimzi.enabled=true',
      'kafka.strimzi.cluster=c',
      'migrations.mode=job',
      'kafka.strimzi.users.authentication=tls',
    ],
    'kafka.strimzi.users.authentication=tls needs kafka.tls.enabled=true',
  ],
  [
    '[27] a grace period shorter than a stop',
    ['pods.terminationGracePeriodSeconds=30'],
    'pods.terminationGracePeriodSeconds (30) must be more than pods.preStopSleepSeconds and the 25 s in which a program stops (30): raise it',
  ],
  ['a way in without a host', ['ingress.enabled=true', 'ingress.className=x'], 'ingress.enabled needs ingress.hosts'],
  [
    'a way in without a controller',
    ['ingress.enabled=true', 'ingress.hosts={a.example}'],
    'ingress.enabled needs ingress.className',
  ],
  ['a route of no gateway', ['httpRoute.enabled=true'], 'httpRoute.enabled needs httpRoute.parentRefs'],
  [
    'a store without a name',
    ['externalSecrets.enabled=true'],
    'externalSecrets.enabled needs externalSecrets.storeRef.name',
  ],
];

describe.each(HELMS)('$name refuses', ({ binary }) => {
  test.each(REFUSED)('%s', (_, values, sentence) => {
    expect(refusal(template(values), binary)).toContain(sentence);
  });

  test.each([
    ['[1] an unknown key', 'gateway.replica=3', 'replica'],
    ['[1] an unknown key at the top', 'gatewayy.replicas=3', 'gatewayy'],
    ['[1] an unknown setting', 'config.CORRAL_MAX_HEARTBEAT_AEG=P1D', 'CORRAL_MAX_HEARTBEAT_AEG'],
    ['[1] a setting of another program', 'geofence.config.CORRAL_CORS_ORIGINS={a}', 'CORRAL_CORS_ORIGINS'],
    ['[1] a lag trigger for what consumes nothing', 'gateway.autoscaling.keda.enabled=true', 'keda'],
    ['a wrong word', 'migrations.mode=sometimes', 'mode'],
    ['a wrong type', 'gateway.replicas=many', 'replicas'],
    ['a broker without a port', 'kafka.brokers={kafka}', 'brokers'],
    ['a digest that is none', 'image.digests.gateway=abc', 'digests'],
  ])('%s, by its name', (_, value, named) => {
    const said = refusal(template([value]), binary);
    expect(said).toContain("values don't meet the specifications of the schema");
    expect(said).toContain(named);
  });

  test.each(Object.entries(MOVED_VALUES))('[5] %s, and says where it went', (path, where) => {
    expect(refusal(template([`${path}=1`]), binary)).toContain(`${path} is no value of this chart: ${where}`);
  });

  test.each([
    [
      'KEDA',
      ['geofence.autoscaling.keda.enabled=true'],
      'autoscaling.keda is enabled, but this cluster has no keda.sh/v1alpha1: install KEDA',
    ],
    [
      'the Gateway API',
      ['httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=public'],
      'httpRoute is enabled, but this cluster has no gateway.networking.k8s.io/v1: install the CRDs',
    ],
    [
      'the Prometheus operator',
      ['monitoring.rules.enabled=true'],
      'monitoring is enabled, but this cluster has no monitoring.coreos.com/v1: install the Prometheus operator',
    ],
    [
      'Strimzi',
      ['kafka.strimzi.enabled=true', 'kafka.strimzi.cluster=c', 'migrations.mode=job'],
      'kafka.strimzi is enabled, but this cluster has no kafka.strimzi.io/v1',
    ],
    [
      'External Secrets',
      ['externalSecrets.enabled=true', 'externalSecrets.storeRef.name=s'],
      'externalSecrets is enabled, but this cluster has no external-secrets.io/v1',
    ],
  ])('[6] a cluster without %s, before anything is installed', (_, values, sentence) => {
    const cluster = ['--api-versions', 'corral.test/cluster'];
    expect(refusal(template(values, ...cluster), binary)).toContain(sentence);
    const all = [
      'keda.sh/v1alpha1',
      'gateway.networking.k8s.io/v1',
      'monitoring.coreos.com/v1',
      'kafka.strimzi.io/v1',
      'external-secrets.io/v1',
    ];
    expect(
      refusal(template(values, ...cluster, ...all.flatMap((api) => ['--api-versions', api])), binary),
    ).toBeUndefined();
  });

  test('[7] a Kubernetes that is too old', () => {
    const old = ['template', 'corral', CHART, '-f', valuesOf('default'), '--kube-version', '1.29.9'];
    expect(refusal(old, binary)).toContain('>=1.30.0-0');
  });
});

test('every sentence of the templates is asserted here', () => {
  const sentences = [
    ...readFileSync(join(CHART, 'templates/_validations.tpl'), 'utf8').matchAll(/fail \(?(?:printf )?"([^"]+)"/g),
  ].map(([, text]) => text!);
  expect(sentences.length).toBeGreaterThan(18);
  const asserted = [
    ...REFUSED.map(([, , sentence]) => sentence),
    'is enabled, but this cluster has no',
    'another number would move vehicles',
    'would leave this release',
  ];
  // The fixed words of a sentence, between what is filled in.
  const known = (sentence: string) =>
    asserted.some((one) =>
      sentence
        .split(/%[sd]/)
        .some((part) => part.trim().length > 12 && (one.includes(part.trim().slice(0, 40)) || part.includes(one))),
    );
  expect(sentences.filter((sentence) => !known(sentence))).toEqual([]);
});

test('values that are given as they should be are taken', () => {
  expect(() => helm(template(['gateway.config.LOG_LEVEL=debug', 'pods.hostUsers=false']))).not.toThrow();
});
