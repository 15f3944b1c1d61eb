import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';

/** One value of the chart: its path, default, and the comment above it. */
export interface ChartValue {
  /** Such as `image.digests.gateway`. */
  readonly path: string;
  readonly comment: string | undefined;
  readonly default: unknown;
  /** Whether it only holds others. */
  readonly isGroup: boolean;
}

/** Maps whose inside is Kubernetes' or the operator's, not ours to describe. */
const OF_OTHERS = /(^|\.)resources$|^monitoring\.dashboards\.labels$/;

/** Every value of `values.yaml`, groups before what they hold, in the order of the file. */
export function readValues(text: string): readonly ChartValue[] {
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('values.yaml holds no map');
  return [...walk(document.contents, '')];
}

function* walk(map: YAMLMap, prefix: string): Generator<ChartValue> {
  for (const [i, pair] of map.items.entries()) {
    const { key, value } = pair as Pair;
    if (!isScalar(key)) throw new Error(`values.yaml: a key below ${prefix || 'the top'} is no plain word`);
    const path = prefix + String(key.value);
    const isGroup = isMap(value) && value.items.length > 0 && !OF_OTHERS.test(path);
    // The parser gives the comment above the first key to the map that holds it.
    const above = key.commentBefore ?? (i === 0 ? map.commentBefore : undefined);
    yield { path, comment: lastParagraph(above), default: asJson(value), isGroup };
    if (isGroup) yield* walk(value, `${path}.`);
  }
}

function lastParagraph(comment: string | null | undefined): string | undefined {
  const text = comment
    ?.split(/\n\s*\n/)
    .at(-1)
    ?.split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
  return text ? text : undefined;
}

function asJson(node: unknown): unknown {
  return (node as { toJSON?: () => unknown } | null)?.toJSON?.() ?? undefined;
}
