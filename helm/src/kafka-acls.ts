import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import type { Program } from './programs';

/** A rule of Strimzi's KafkaUser (`authorization.type: simple`). */
export interface KafkaAcl {
  readonly resource: {
    readonly type: 'topic' | 'group';
    readonly name: string;
    readonly patternType: 'literal' | 'prefix';
  };
  readonly operations: readonly string[];
}

/**
 * The least a program needs: it looks at the heartbeats' topic when it starts (their partition count is everybody's), appends where it
 * produces, reads where it consumes, in its own group; the migrations make topics and look at them. Of the cluster nobody needs anything:
 * its id comes with any answer about metadata.
 */
export function kafkaAcls(program: Program): readonly KafkaAcl[] {
  const operations = new Map<string, Set<string>>();
  const allow = (topic: string, ...allowed: readonly string[]) => {
    const known = operations.get(topic) ?? new Set<string>();
    for (const one of allowed) known.add(one);
    operations.set(topic, known);
  };
  if (program.administers) for (const { name } of TOPICS) allow(name, 'Create', 'Describe', 'DescribeConfigs');
  else allow(HEARTBEATS_TOPIC, 'Describe');
  for (const topic of program.produces) allow(topic, 'Write', 'Describe');
  if (program.consumes) allow(program.consumes.topic, 'Read', 'Describe');
  const topics = [...operations].map(([name, allowed]): KafkaAcl => ({
    resource: { type: 'topic', name, patternType: 'literal' },
    operations: [...allowed].sort(),
  }));
  const { consumes } = program;
  if (!consumes) return topics;
  return [
    ...topics,
    { resource: { type: 'group', name: consumes.group, patternType: 'literal' }, operations: ['Describe', 'Read'] },
  ];
}
