import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { eventually } from '@corral/messaging/testing';
import { setStage, type Stage } from './testing/notification-stage';
import { aViolation, retracted } from './testing/some-facts';
import { startWebhookReceiver, type WebhookReceiver } from './testing/webhook-receiver';

let postgres: TestDatabase;
let stage: Stage;
let receiver: WebhookReceiver;

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(async () => {
  await postgres.stop();
});
beforeEach(async () => {
  stage = await setStage(postgres.database);
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await stage.clear();
  await receiver.stop();
});

const told = (count: number) => eventually(`${count} webhooks came`, () => receiver.hits.length >= count);

describe('a retraction', () => {
  it('without a replacement resolves the alert as retracted, and corrects who was told', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    await stage.happen(aViolation());
    await told(2);
    await stage.happen(retracted(aViolation()));
    await told(4);
    expect(await stage.alerts()).toMatchObject([{ status: 'resolved', resolution: 'retracted', revision: 2 }]);
    expect(receiver.of('violation.retracted')[0]!.body.data).toMatchObject({
      id: 'vio_one',
      revision: 2,
      retracted: true,
    });
    expect(receiver.of('alert.resolved')[0]!.body.data).toMatchObject({ resolution: 'retracted' });
  });

  it('drops what was still waiting, and corrects nobody who was not told', async () => {
    await stage.endpoint(receiver.url);
    await stage.happen(aViolation(), retracted(aViolation()));
    await stage.notification();
    await told(1);
    await eventually('all is done', async () => (await stage.deliveries()).every(({ status }) => status !== 'pending'));
    expect((await stage.deliveries()).sort((a, b) => (a.webhookId < b.webhookId ? -1 : 1))).toMatchObject([
      { webhookId: 'alt_one_r1', status: 'dropped', attempts: 0 },
      { webhookId: 'vio_one_r1', status: 'dropped', attempts: 0 },
      { webhookId: 'vio_one_r2', status: 'delivered' },
    ]);
    expect(receiver.ids()).toEqual(['vio_one_r2']);
  });

  it('with a replacement updates the alert and tells nobody of it; the facts are told', async () => {
    const moved = aViolation({ id: 'vio_two', openedAt: aViolation().openedAt - 2_000, replaces: 'vio_one' });
    await stage.endpoint(receiver.url);
    await stage.notification();
    await stage.happen(aViolation());
    await told(2);
    await stage.happen(retracted(aViolation(), 'vio_two'), moved);
    await told(4);
    await stage.settled();
    expect(await stage.alerts()).toMatchObject([{ id: 'alt_one', status: 'open', violations: ['vio_one', 'vio_two'] }]);
    expect(receiver.ids().filter((id) => id.startsWith('alt'))).toEqual(['alt_one_r1']);
    expect(receiver.of('violation.retracted')[0]!.body.data).toMatchObject({ replacedBy: 'vio_two' });
    const { rows } = await postgres.database.query('SELECT opened_at AS at FROM alert');
    expect(rows).toEqual([{ at: moved.openedAt }]);
  });

  it('that is taken back itself reopens the same alert, and tells of it as opened, once', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    await stage.happen(aViolation());
    await told(2);
    await stage.happen(retracted(aViolation()));
    await told(4);
    await stage.happen(aViolation({ revision: 3 }));
    await told(6);
    expect(await stage.alerts()).toMatchObject([{ id: 'alt_one', status: 'open', resolution: null, revision: 3 }]);
    expect(receiver.of('alert.opened').map(({ id }) => id)).toEqual(['alt_one_r1', 'alt_one_r3']);
  });

  it('that is taken back after the episode began anew joins the new alert: there are never two', async () => {
    const again = aViolation({ id: 'vio_two', openedAt: aViolation().openedAt + 120_000 });
    await stage.happen(aViolation(), retracted(aViolation()), again, aViolation({ revision: 3 }));
    await stage.notification();
    await stage.settled();
    expect(await stage.alerts()).toMatchObject([
      { id: 'alt_one', status: 'resolved' },
      { id: 'alt_two', status: 'open', violations: ['vio_two', 'vio_one'] },
    ]);
    // Told again from the log it changes nothing: the one that heard of it last knows.
    await stage.happen(aViolation({ revision: 3 }), retracted(aViolation()));
    await stage.settled();
    expect((await stage.alerts()).map(({ revision }) => revision)).toEqual([2, 2]);
  });
});
