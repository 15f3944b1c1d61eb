import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEvent, encodeEvent } from './events';
import { decodeHeartbeatRecord, encodeReport, encodeTick } from './heartbeats';

const GOLDEN = join(__dirname, '../golden');
const records = (topic: string) =>
  readFileSync(join(GOLDEN, `${topic}.ndjson`), 'utf8')
    .trim()
    .split('\n');

// These files only grow: what was once written to a topic must be readable for ever.
describe('golden examples', () => {
  it('of heartbeats are read, and written byte for byte', () => {
    for (const line of records('corral.heartbeats.v1')) {
      const record = decodeHeartbeatRecord(Buffer.from(line));
      if (record.kind === 'undecodable') throw new Error(`${record.detail}: ${line}`);
      const encoded = record.kind === 'tick' ? encodeTick(record.receivedAt) : encodeReport(record.report);
      expect(JSON.parse(encoded.toString())).toEqual(JSON.parse(line));
    }
  });

  it.each(['corral.events.v1', 'corral.alerts.v1'])('of %s are read, and written byte for byte', (topic) => {
    for (const line of records(topic)) {
      const decoded = decodeEvent(Buffer.from(line));
      if (decoded.kind === 'undecodable') throw new Error(`${decoded.detail}: ${line}`);
      expect(encodeEvent(decoded.event).toString()).toBe(line);
    }
  });

  it('exist for every topic', () => {
    expect(
      readdirSync(GOLDEN)
        .filter((name) => name.startsWith('corral.'))
        .sort(),
    ).toEqual(['corral.alerts.v1.ndjson', 'corral.events.v1.ndjson', 'corral.heartbeats.v1.ndjson']);
  });
});
