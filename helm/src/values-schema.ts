import { describeConfig, type SettingDescription } from '@corral/runtime';
import { MOVED_VALUES } from './moved-values';
import { PROGRAMS, type Program, type ProgramName } from './programs';
import { readValues, type ChartValue } from './values-document';

type Schema = Record<string, unknown>;

const TEXT: Schema = { type: 'string' };
const oneOf = (...words: string[]): Schema => ({ type: 'string', enum: words });
const matching = (pattern: string, said: string): Schema => ({ type: 'string', pattern, $comment: said });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const least = (minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const COUNT_OR_PERCENT: Schema = { anyOf: [{ type: 'integer', minimum: 0 }, matching('^[0-9]+%$', 'such as 25%')] };
const PORT = least(1, 65_535);
const CIDR = matching('^[0-9a-fA-F.:]+/[0-9]{1,3}$', 'a network such as 10.0.0.0/8');
const DIGEST = matching('^(sha256:[0-9a-f]{64})?$', 'a digest such as sha256:…');
const SIZE = matching('^[0-9]+(Ki|Mi|Gi)$', 'a size such as 64Mi');
const OBJECT: Schema = { type: 'object' };
const PEERS: Schema = listOf(OBJECT);

/** What a default alone does not tell; the first pattern that fits the path counts. */
const KNOWN: readonly (readonly [RegExp, Schema])[] = [
  [/^image\.tag$/, TEXT],
  [/^image\.pullPolicy$/, oneOf('Always', 'IfNotPresent', 'Never')],
  [/^image\.digests\./, DIGEST],
  [/(^global\.imagePullSecrets|^image\.pullSecrets)$/, listOf(TEXT)],
  [/^secrets\.mountAs$/, oneOf('files', 'env')],
  [/^externalSecrets\.storeRef\.kind$/, oneOf('SecretStore', 'ClusterSecretStore')],
  [/^kafka\.brokers$/, listOf(matching('^(\\[[^\\]\\s]+\\]|[^\\s:/]+):[0-9]{1,5}$', 'a broker as host:port'))],
  [/^kafka\.partitions$/, least(1, 1_000)],
  [/^kafka\.sasl\.mechanism$/, oneOf('', 'plain', 'scram-sha-256', 'scram-sha-512')],
  [/^kafka\.strimzi\.(replicas|minInSyncReplicas)$/, least(1)],
  [/^kafka\.strimzi\.users\.authentication$/, oneOf('scram-sha-512', 'tls')],
  [/^migrations\.mode$/, oneOf('hook', 'job', 'disabled')],
  [/topologySpread\.whenUnsatisfiable$/, oneOf('DoNotSchedule', 'ScheduleAnyway')],
  [/\.(maxSurge|maxUnavailable)$/, COUNT_OR_PERCENT],
  [/\.service\.type$/, oneOf('ClusterIP', 'NodePort', 'LoadBalancer')],
  [/\.service\.port$/, PORT],
  [/\.service\.trafficDistribution$/, oneOf('', 'PreferClose', 'PreferSameZone', 'PreferSameNode')],
  [/\.service\.ipFamilyPolicy$/, oneOf('', 'SingleStack', 'PreferDualStack', 'RequireDualStack')],
  [/\.dataVolumeSize$/, SIZE],
  [/^networkPolicy\..*[pP]orts$/, listOf(PORT)],
  [/^networkPolicy\.webhooks\.(cidrs|except)$/, listOf(CIDR)],
  [/^networkPolicy\.(ingressFrom|monitoringFrom|dnsTo|extraEgress|.*\.to)$/, PEERS],
  [/^ingress\.hosts$|^httpRoute\.hostnames$/, listOf(matching('^[a-z0-9*][a-z0-9.*-]*$', 'a host name'))],
  [/^httpRoute\.requestTimeout$/, matching('^[0-9]+(ms|s|m|h)$', 'such as 60s')],
  [/^monitoring\.dashboards\.labels$/, { type: 'object', additionalProperties: TEXT }],
  [
    /(commonLabels|commonAnnotations|[pP]od(s\.)?(Labels|Annotations|labels|annotations)|nodeSelector)$/,
    { type: 'object', additionalProperties: TEXT },
  ],
  [/\.(annotations|labels)$/, { type: 'object', additionalProperties: TEXT }],
  [/\.resources$/, OBJECT],
  [/\.(tolerations|extraVolumes|extraVolumeMounts|resizePolicy|parentRefs)$/, listOf(OBJECT)],
  [
    /\.extraEnv$/,
    listOf({ type: 'object', required: ['name'], properties: { name: TEXT }, additionalProperties: true }),
  ],
  [/^extraObjects$/, listOf({ type: ['object', 'string'] })],
];

/** Settings that have values of their own, so that `config` does not say them a second time. */
export const PLACED_SETTINGS: readonly string[] = [
  'PORT',
  'MANAGEMENT_PORT',
  'CORRAL_DATA_DIR',
  'CORRAL_PARTITIONS',
  'DATABASE_URL',
  'KAFKA_BROKERS',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_TLS',
  'KAFKA_TLS_CA',
  'KAFKA_TLS_CERT',
  'KAFKA_TLS_KEY',
  'CORRAL_TOKEN_SECRET',
  'CORRAL_BOOTSTRAP_API_KEY',
];

/** The text of `values.schema.json`: closed, made from the defaults and comments of `values.yaml` and from the settings of the code. */
export function valuesSchema(valuesYaml: string): string {
  const schema: Schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made from values.yaml and the code by npm run docs.',
    title: 'Values of the chart corral',
    ...group(readValues(valuesYaml), ''),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function group(values: readonly ChartValue[], prefix: string): Schema {
  const properties: Record<string, Schema> = {};
  for (const value of values) {
    if (!value.path.startsWith(prefix)) continue;
    const name = value.path.slice(prefix.length);
    if (name.includes('.')) continue;
    properties[name] = {
      ...(value.comment === undefined ? {} : { description: value.comment }),
      ...schemaOf(values, value),
    };
  }
  for (const path of Object.keys(MOVED_VALUES)) {
    const name = path.slice(prefix.length);
    if (path.startsWith(prefix) && !name.includes('.'))
      properties[name] = { description: `Moved: ${MOVED_VALUES[path]}` };
  }
  return { type: 'object', additionalProperties: false, properties };
}

function schemaOf(values: readonly ChartValue[], value: ChartValue): Schema {
  const settings = settingsBelow(value.path);
  if (settings) return { type: 'object', additionalProperties: false, properties: settings };
  const known = KNOWN.find(([pattern]) => pattern.test(value.path))?.[1];
  if (known) return known;
  if (value.isGroup) return group(values, `${value.path}.`);
  switch (typeof value.default) {
    case 'string':
      return TEXT;
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return least(0);
    default:
      if (Array.isArray(value.default)) throw new Error(`values-schema.ts does not say what ${value.path} lists`);
      return OBJECT;
  }
}

/** `config` takes what any program reads, `gateway.config` what the gateway reads. */
function settingsBelow(path: string): Record<string, Schema> | undefined {
  const [component, config] = path.split('.');
  const programs =
    path === 'config'
      ? (Object.keys(PROGRAMS) as ProgramName[])
      : config === 'config'
        ? [component as ProgramName]
        : undefined;
  if (!programs) return undefined;
  const described = programs.flatMap((name) => describeConfig((PROGRAMS[name] as Program).settings));
  const plain = described.filter(({ name, secret }) => !secret && !PLACED_SETTINGS.includes(name));
  return Object.fromEntries(
    plain.sort((a, b) => (a.name < b.name ? -1 : 1)).map((setting) => [setting.name, schemaOfSetting(setting)]),
  );
}

function schemaOfSetting({ description, kind, default: fallback }: SettingDescription): Schema {
  const said = fallback === undefined || fallback === '' ? description : `${description} By default ${fallback}.`;
  return { description: said, ...typeOf(kind) };
}

function typeOf(kind: string): Schema {
  switch (kind) {
    case 'integer':
    case 'port':
      return { type: 'integer', minimum: 0 };
    case 'flag':
      return { anyOf: [{ type: 'boolean' }, oneOf('on', 'off')] };
    case 'list':
    case 'cidrList':
      return listOf(TEXT);
    case 'duration':
      return matching('^(P.+|[0-9.]+(ms|s|m|h|d))$', 'such as P7D or 10s');
    default:
      return { type: ['string', 'number'] };
  }
}
