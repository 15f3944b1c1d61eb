import { CONSUMERS, TOPICS } from '@corral/contracts';
import { kafkaAcls } from '../src/kafka-acls';
import { PROGRAMS, type Program, type ProgramName } from '../src/programs';
import { allRenders, find, rendered, workloads, type KubernetesObject } from './renders';
import { sources } from './sources';

const NAMES = Object.keys(PROGRAMS) as ProgramName[];

const strimzi = rendered('strimzi-cnpg');

test('[39] [41] the topics are those of the registry, with its retention and everybody’s partitions', () => {
  const topics = strimzi.objects.filter(({ kind }) => kind === 'KafkaTopic');
  expect(topics.map(({ spec }) => [spec.topicName, spec.config['retention.ms'], spec.partitions])).toEqual(
    TOPICS.map(({ name, retentionMs }) => [name, String(retentionMs), 48]),
  );
  for (const { spec } of topics) expect(Number(spec.config['min.insync.replicas'])).toBeLessThan(spec.replicas);
  for (const { component, object } of workloads(strimzi).filter(({ object }) => object.kind === 'Deployment'))
    expect([component, find(strimzi, 'ConfigMap', object.metadata.name).data.CORRAL_PARTITIONS]).toEqual([
      component,
      '48',
    ]);
});

test('[40] [41] every program that uses the log has a user, with what it reads and writes and no more', () => {
  const users = strimzi.objects.filter(({ kind }) => kind === 'KafkaUser');
  expect(users.map(({ metadata }) => metadata.name).sort()).toEqual(
    NAMES.filter((name) => PROGRAMS[name].usesLog)
      .map((name) => `corral-${name}`)
      .sort(),
  );
  for (const name of NAMES.filter((one) => PROGRAMS[one].usesLog))
    expect(find(strimzi, 'KafkaUser', `corral-${name}`).spec.authorization.acls).toEqual(kafkaAcls(PROGRAMS[name]));
  const writers = (topic: string) =>
    users
      .filter(({ spec }) =>
        spec.authorization.acls.some(
          ({ resource, operations }: KubernetesObject) => resource.name === topic && operations.includes('Write'),
        ),
      )
      .map(({ metadata }) => metadata.name);
  expect(TOPICS.map(({ name }) => writers(name))).toEqual([
    ['corral-gateway', 'corral-ingestion'],
    ['corral-geofence'],
    ['corral-notification'],
  ]);
});

test('the topics that a program’s code names are those it has rights to', () => {
  const folders = {
    gateway: 'apps/gateway',
    ingestion: 'apps/ingestion',
    geofence: 'apps/geofence',
    notification: 'apps/notification',
  };
  const constants: Record<string, string> = {
    HEARTBEATS_TOPIC: TOPICS[0]!.name,
    EVENTS_TOPIC: TOPICS[1]!.name,
    ALERTS_TOPIC: TOPICS[2]!.name,
  };
  for (const [name, folder] of Object.entries(folders)) {
    const text = sources(folder)
      .map(([, source]) => source)
      .join('\n');
    const named = Object.keys(constants)
      .filter((constant) => new RegExp(`\\b${constant}\\b`).test(text))
      .map((constant) => constants[constant]!);
    const { produces, consumes }: Program = PROGRAMS[name as ProgramName];
    const rights = new Set<string>([...produces, ...(consumes ? [consumes.topic] : [])]);
    // The gateway keeps the alerts' outbox, which notification's topic is the name of; it appends nothing there.
    if (name === 'gateway') rights.add(constants.ALERTS_TOPIC!);
    expect([name, named.sort()]).toEqual([name, [...rights].sort()]);
  }
});

test('[34] the scalers look at the groups and topics of the consumers, and only at those', () => {
  const triggers = rendered('keda')
    .objects.filter(({ kind }) => kind === 'ScaledObject')
    .map(({ metadata, spec }) => [
      metadata.name,
      spec.triggers[0].metadata.consumerGroup,
      spec.triggers[0].metadata.topic,
    ]);
  const wanted = NAMES.flatMap((name) => {
    const { consumes }: Program = PROGRAMS[name];
    return consumes ? [[`corral-${name}`, consumes.group, consumes.topic]] : [];
  });
  expect(triggers.sort()).toEqual(wanted.sort());
  expect(wanted.map(([, group]) => group).sort()).toEqual(Object.values(CONSUMERS).sort());
});

test('[35] no scaler of a consumer goes beyond the partitions', () => {
  for (const { objects } of allRenders()) {
    const partitions = objects.find(({ kind, data }) => kind === 'ConfigMap' && data.CORRAL_PARTITIONS)!.data
      .CORRAL_PARTITIONS;
    for (const { spec, metadata } of objects.filter(
      ({ kind }) => kind === 'ScaledObject' || kind === 'HorizontalPodAutoscaler',
    ))
      if (!/-(gateway|ingestion)$/.test(metadata.name))
        expect(spec.maxReplicaCount ?? spec.maxReplicas).toBeLessThanOrEqual(Number(partitions));
  }
});

test('[37] ten minutes between two changes of a consumer group, up and down', () => {
  for (const { spec } of rendered('keda').objects.filter(({ kind }) => kind === 'ScaledObject')) {
    const { scaleUp, scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
    expect(scaleDown.stabilizationWindowSeconds).toBe(600);
    expect(scaleUp.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 600 }]);
    expect(spec.minReplicaCount).toBeGreaterThan(0);
  }
});

test('without Kafka there is no topic, user, trigger or way to brokers', () => {
  const { objects, text } = rendered('no-kafka');
  expect(objects.filter(({ kind }) => /^Kafka|^Scaled|^Trigger/.test(kind))).toEqual([]);
  expect(text).not.toMatch(/KAFKA_|9092/);
});

test('[42] a Kafka elsewhere is a matter of values: TLS, our certificate, a login, another for one component', () => {
  const { objects } = rendered('sasl');
  expect(find(rendered('sasl'), 'ConfigMap', 'corral-history').data).toMatchObject({
    KAFKA_BROKERS: '[2001:db8::1]:9094,b-1.example:9094',
    KAFKA_TLS: 'on',
    KAFKA_SASL_MECHANISM: 'plain',
  });
  const secrets = (component: string) => {
    const workload = workloads({ ...rendered('sasl'), objects }).find((one) => one.component === component)!;
    return workload.pod.volumes
      .find(({ name }: KubernetesObject) => name === 'secrets')
      .projected.sources.map(({ secret }: KubernetesObject) => `${secret.items[0].path}=${secret.name}`);
  };
  expect(secrets('history')).toEqual(
    expect.arrayContaining([
      'KAFKA_SASL_PASSWORD=corral-kafka',
      'KAFKA_TLS_CA=kafka-ca',
      'KAFKA_TLS_CERT=kafka-client',
    ]),
  );
  expect(secrets('geofence')).toContain('KAFKA_SASL_PASSWORD=geofence-kafka');
});
