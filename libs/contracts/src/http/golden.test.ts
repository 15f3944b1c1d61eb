import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import * as http from '.';

/** Every answer of the API that has a name. */
const schemas = new Map(
  Object.values<unknown>(http).flatMap((schema) => {
    const id = schema instanceof z.ZodObject ? schema.meta()?.id : undefined;
    return id === undefined ? [] : [[id, schema as z.ZodObject] as const];
  }),
);

const golden = readFileSync(join(__dirname, '../../golden/http.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { schema: string; example: unknown });

test.each(golden.map((each) => [each.schema, each.example] as const))(
  'an answer %s of today is understood for ever',
  (name, example) => {
    const schema = schemas.get(name);
    expect(schema?.parse(example)).toEqual(example);
  },
);

test('every named answer has its example', () => {
  const shown = new Set(golden.map((each) => each.schema));
  // Parts of other answers, shown within them.
  const parts = ['ZoneRemark', 'ZoneRule', 'ResolvedRule', 'RejectedHeartbeat'];
  expect([...schemas.keys()].filter((name) => !shown.has(name) && !parts.includes(name))).toEqual([]);
  expect(schemas.size).toBeGreaterThan(20);
});
