import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@corral/runtime';
import { parse } from 'yaml';
import { PROGRAMS, settingNames, type ProgramName } from '../src/programs';
import { ROOT } from './helm';
import { container, rendered, workloads } from './renders';

const compose = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true }) as {
  services: Record<
    string,
    {
      image: string;
      command?: string[];
      environment?: Record<string, string>;
      read_only?: boolean;
      user?: string;
      cap_drop?: string[];
    }
  >;
};
const ours = Object.entries(compose.services).filter(([name]) => name in PROGRAMS) as [
  ProgramName,
  (typeof compose.services)[string],
][];

test('compose.yaml has the five programs and the migrations, Kafka, PostgreSQL and a collector', () => {
  expect(Object.keys(compose.services).sort()).toEqual([
    'collector',
    'gateway',
    'geofence',
    'history',
    'ingestion',
    'kafka',
    'migrate',
    'notification',
    'postgres',
  ]);
});

test.each(ours)('what compose.yaml gives %s is what its config takes', (name, { environment = {} }) => {
  const given = Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [
      key,
      value.startsWith('${') ? 'Zx9-a-sample-of-32-characters-or-more' : value,
    ]),
  );
  expect(Object.keys(given).filter((key) => !settingNames(name).includes(key))).toEqual([]);
  expect(() => readConfig(PROGRAMS[name].settings, given)).not.toThrow();
});

test.each(ours)('%s is started there as the chart starts it, and with as few rights', (name, service) => {
  const workload = workloads(rendered('default')).find(({ component }) => component === name)!;
  expect([service.image, service.command]).toEqual([container(workload).image, container(workload).args]);
  if (name !== 'migrate')
    expect([service.read_only, service.user, service.cap_drop]).toEqual([true, '65532:65532', ['ALL']]);
});

test('no secret stands in compose.yaml but those of its own throw-away PostgreSQL', () => {
  for (const [, { environment = {} }] of ours)
    for (const [key, value] of Object.entries(environment))
      if (/SECRET|API_KEY|PASSWORD/.test(key)) expect(value).toMatch(/^\$\{\w+:\?/);
});
