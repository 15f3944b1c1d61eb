/** A part of JSON Schema, as much of it as MobilityData's schema of geofencing zones uses. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** Where does the value break the schema? Throws at a keyword it does not know, rather than not checking it. */
export function schemaBreaches(schema: Schema, value: unknown, path = '$'): readonly string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (unknown.length > 0) throw new Error(`check ${path} against a schema: ${unknown.join(', ')} is not known`);
  if (schema.type && !isOfType(value, schema.type)) return [`${path} is no ${schema.type}`];
  const breaches: string[] = [];
  if ('const' in schema && value !== schema.const) breaches.push(`${path} is not ${String(schema.const)}`);
  if (schema.enum && !schema.enum.includes(value)) breaches.push(`${path} is none of ${schema.enum.join()}`);
  if (typeof value === 'string') {
    if (schema.pattern && !new RegExp(schema.pattern).test(value))
      breaches.push(`${path} is not like ${schema.pattern}`);
    if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) breaches.push(`${path} is no time`);
  }
  if (typeof value === 'number' && value < (schema.minimum ?? -Infinity)) breaches.push(`${path} is too small`);
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) breaches.push(`${path} is too short`);
    value.forEach((item, i) => breaches.push(...schemaBreaches(schema.items ?? {}, item, `${path}/${i}`)));
  } else if (typeof value === 'object' && value !== null) {
    const members = value as { readonly [name: string]: unknown };
    for (const name of schema.required ?? [])
      if (!Object.hasOwn(members, name)) breaches.push(`${path} has no ${name}`);
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      if (Object.hasOwn(members, name)) breaches.push(...schemaBreaches(member, members[name], `${path}/${name}`));
    }
  }
  return breaches;
}

const KNOWN = new Set(
  'type const enum pattern format minimum minItems required properties items description title $schema $id'.split(' '),
);

function isOfType(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
