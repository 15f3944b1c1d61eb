import type { Print } from './add-commands';
import { CommandFailure, explain, type ApiClient } from './api-client';

interface ImportAnswer {
  readonly version?: number;
  readonly status?: string;
  readonly zones?: number;
  readonly refused?: readonly Notice[];
  readonly warnings?: readonly Notice[];
}

interface Notice {
  readonly index: number;
  readonly name?: string;
  readonly code: string;
  readonly path: string;
  readonly detail: string;
}

/** `corral zones import`: uploads a file; what is refused is named, and sinks nothing else. */
export async function importZonesCommand(
  api: ApiClient,
  document: unknown,
  options: { publish?: boolean; idProperty?: string },
  print: Print,
): Promise<void> {
  const query = new URLSearchParams();
  if (options.publish === true) query.set('publish', 'true');
  if (options.idProperty !== undefined) query.set('idProperty', options.idProperty);
  const answer = await api.request('POST', `/v1/zone-sets?${query}`, document);
  const body = answer.body as ImportAnswer | null;
  for (const notice of [...(body?.refused ?? []), ...(body?.warnings ?? [])])
    process.stderr.write(`${sentenceOf(notice)}\n`);
  if (answer.status !== 201 || body === null) throw new CommandFailure(`import zones: ${explain(answer)}`);
  print(body, `zone set ${body.version} ${body.status}: ${body.zones} zones, ${body.refused?.length ?? 0} refused`);
}

/** `corral zones export`: the set as a document on standard output. */
export async function exportZonesCommand(api: ApiClient, options: { format: string; zoneSet?: string }): Promise<void> {
  const document = await api.expect<object>(
    'GET',
    `/v1/zone-sets/${options.zoneSet ?? 'current'}?format=${options.format}`,
  );
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function sentenceOf(notice: Notice): string {
  const name = notice.name === undefined ? '' : ` ${JSON.stringify(notice.name)}`;
  return `feature ${notice.index}${name}: ${notice.code} at ${notice.path}: ${notice.detail}`;
}
