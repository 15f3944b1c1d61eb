import { recordingLogger } from './testing';

test('secrets, passwords in URLs and positions never reach the log', () => {
  const { logger, lines } = recordingLogger();
  logger.info(
    {
      headers: { authorization: 'Bearer crl_key_1' },
      endpoint: { secret: 'whsec_1', url: 'https://me:hunter2@example.org/' },
      lat: 52.1,
      report: { lng: 4.9, vehicleId: 'bike-42' },
      a: { b: { password: 'hunter2' } },
    },
    'sent',
  );
  logger.error({ err: new Error('connect to postgres://me:hunter2@db/x') });
  const written = JSON.stringify(lines);
  for (const hidden of ['crl_key_1', 'whsec_1', 'hunter2', '52.1', '4.9']) expect(written).not.toContain(hidden);
  expect(lines[0]).toMatchObject({ name: 'test', level: 'info', msg: 'sent', report: { vehicleId: 'bike-42' } });
  expect(lines[0]).toMatchObject({ endpoint: { url: 'https://me:***@example.org/' } });
  expect(lines[1]).toMatchObject({ err: { type: 'Error', message: 'connect to postgres://me:***@db/x' } });
});
