import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetSubject } from '#contract';
import { printWebhookSecret } from '#metering';
import { Database } from '#persistence';
import { WebhookClient } from '#upstream';
import { BudgetAlerts } from './budget-alerts.js';
import type { WatchedBudget } from '#metering';

const SCHEMA = new URL('../../../../prisma', import.meta.url).pathname;
/** The first opening makes the tables. */
const SECONDS = 60_000;
const START = new Date('2026-11-26T12:00:00.000Z');
const SECRET = printWebhookSecret(Buffer.alloc(32, 3));
const DOLLAR = 1_000_000_000;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const folder = mkdtempSync(join(tmpdir(), 'pllm-alerts-'));
let database: Database;
let server: Server;
let url: string;
let received: Received[] = [];
let status = 204;
let now = START;
let failures: unknown[] = [];
let watched: WatchedBudget[] = [];
const client = new WebhookClient({ denyPrivate: false });

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(status, { location: `${url}elsewhere` }).end('thanks');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}, SECONDS);
afterAll(async () => {
  await client.close();
  server.close();
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  [received, failures, watched, status, now] = [[], [], [], 204, START];
  await database.prisma.budgetAlert.deleteMany();
  await database.prisma.budgetAccount.deleteMany();
});

const gateway = (post = client): BudgetAlerts =>
  new BudgetAlerts({
    database,
    client: post,
    secrets: () => [SECRET],
    watched: () => watched,
    onFailure: (_, reason) => void failures.push(reason),
    now: () => now,
  });

const raised = ({ subject, alerts }: WatchedBudget, dollars: number): WatchedBudget => ({
  subject: { ...subject, limitNanos: dollars * DOLLAR },
  alerts,
});

const budget = (id: string, ...at: number[]): WatchedBudget => ({
  subject: {
    kind: 'key',
    id,
    limitNanos: 10 * DOLLAR,
    period: 'day',
    mode: 'strict',
  } satisfies BudgetSubject,
  alerts: at.map((part) => ({ at: part, url })),
});

async function spend(
  subject: string,
  nanos: number,
  startsAt = new Date('2026-11-26T00:00:00Z'),
): Promise<void> {
  const name = { kind: 'key', subject, period: 'day', startsAt };
  const endsAt = new Date(startsAt.getTime() + 24 * 3_600_000);
  await database.prisma.budgetAccount.upsert({
    where: { kind_subject_period_startsAt: name },
    create: { ...name, endsAt, countsFrom: startsAt, spentNanos: nanos },
    update: { spentNanos: nanos },
  });
}

const pass = (seconds: number): void => void (now = new Date(now.getTime() + seconds * 1_000));

describe('BudgetAlerts', () => {
  it('tells of each threshold once in a period, signed', async () => {
    watched = [budget('a', 0.5, 0.8), budget('b', 0.5)];
    await spend('a', 5 * DOLLAR - 1);
    await spend('b', 1);
    await gateway().tick();
    expect(received).toEqual([]);
    await spend('a', 5 * DOLLAR);
    await gateway().tick();
    await gateway().tick();
    expect(received).toHaveLength(1);
    const [{ headers, body }] = received as [Received];
    expect(JSON.parse(body)).toEqual({
      type: 'budget.threshold',
      data: {
        kind: 'key',
        id: 'a',
        period: 'day',
        starts_at: '2026-11-26T00:00:00.000Z',
        usd: '10',
        spent_usd: '5',
        at: 0.5,
      },
    });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', Buffer.alloc(32, 3)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(headers['webhook-timestamp']).toBe(String(START.getTime() / 1000));

    await spend('a', 9 * DOLLAR);
    await gateway().tick();
    expect(received.map((each) => JSON.parse(each.body).data.at)).toEqual([0.5, 0.8]);
    // The next day begins anew.
    pass(24 * 3_600);
    await gateway().tick();
    expect(received).toHaveLength(2);
    await spend('a', 6 * DOLLAR, new Date('2026-11-27T00:00:00Z'));
    await gateway().tick();
    expect(received).toHaveLength(3);
    expect(new Set(received.map((each) => each.headers['webhook-id'])).size).toBe(3);
  });

  it('is told by one gateway of many', async () => {
    watched = Array.from({ length: 12 }, (_, index) => budget(`key_${index}`, 0.5));
    for (const { subject } of watched) await spend(subject.id, 8 * DOLLAR);
    await Promise.all(Array.from({ length: 5 }, () => gateway().tick()));
    expect(received.map((each) => JSON.parse(each.body).data.id).toSorted()).toEqual(
      watched.map(({ subject }) => subject.id).toSorted(),
    );
  });

  it.each([500, 400, 302])(
    'tries again after %i, under the same id, and gives up after eight',
    async (answer) => {
      watched = [budget('a', 0.5)];
      await spend('a', 8 * DOLLAR);
      status = answer;
      const waits = [30, 60, 120, 300, 900, 1_800, 3_600];
      for (const [index, wait] of waits.entries()) {
        await gateway().tick();
        expect(received).toHaveLength(index + 1);
        pass(wait - 1);
        await gateway().tick();
        expect(received).toHaveLength(index + 1);
        pass(1);
      }
      await gateway().tick();
      pass(100_000);
      now = new Date(START.getTime() + 11 * 3_600_000);
      await gateway().tick();
      expect(received).toHaveLength(8);
      expect(failures).toHaveLength(8);
      expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(8);
    },
  );

  it('is done when a later attempt is taken', async () => {
    watched = [budget('a', 0.5)];
    await spend('a', 8 * DOLLAR);
    status = 503;
    await gateway().tick();
    status = 200;
    pass(30);
    await gateway().tick();
    pass(60);
    await gateway().tick();
    expect(received).toHaveLength(2);
    expect(await database.prisma.budgetAlert.findMany()).toMatchObject([
      { attempts: 2, nextAttemptAt: null, sentAt: new Date(START.getTime() + 30_000) },
    ]);
  });

  it('tells of it anew when a budget that was raised is spent as far again', async () => {
    watched = [budget('a', 0.5)];
    await spend('a', 8 * DOLLAR);
    await gateway().tick();
    watched = [raised(budget('a', 0.5), 100)];
    // Gateways that have not heard of it yet do not make two of it.
    await gateway().tick();
    watched = [budget('a', 0.5)];
    await gateway().tick();
    watched = [raised(budget('a', 0.5), 100)];
    pass(601);
    await gateway().tick();
    expect(received).toHaveLength(1);
    await spend('a', 50 * DOLLAR);
    await gateway().tick();
    await gateway().tick();
    expect(received.map(({ body }) => JSON.parse(body).data.spent_usd)).toEqual(['8', '50']);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('says nothing any more that a budget that was raised has made untrue', async () => {
    watched = [budget('a', 0.5)];
    await spend('a', 8 * DOLLAR);
    status = 503;
    await gateway().tick();
    watched = [raised(budget('a', 0.5), 100)];
    status = 200;
    pass(30);
    await gateway().tick();
    expect(received).toHaveLength(1);
    pass(600);
    await gateway().tick();
    await spend('a', 50 * DOLLAR);
    await gateway().tick();
    expect(received).toHaveLength(2);
  });

  it('tells nobody of a budget that was taken away meanwhile', async () => {
    watched = [budget('a', 0.5)];
    await spend('a', 8 * DOLLAR);
    status = 503;
    await gateway().tick();
    watched = [];
    pass(30);
    await gateway().tick();
    expect(received).toHaveLength(1);
    expect(await database.prisma.budgetAlert.findMany()).toMatchObject([
      { nextAttemptAt: null, sentAt: null },
    ]);
  });

  it('goes nowhere a provider may not live', async () => {
    const guarded = new WebhookClient({ denyPrivate: true });
    watched = [budget('a', 0.5)];
    await spend('a', 8 * DOLLAR);
    await gateway(guarded).tick();
    expect(received).toEqual([]);
    expect(failures).toMatchObject([{ code: 'upstream_rejected' }]);
    await guarded.close();
  });

  it('does not wait for a receiver that says nothing', async () => {
    const hanging = createServer(() => {}).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const impatient = new WebhookClient({ denyPrivate: false, patienceMs: 50 });
    watched = [
      {
        ...budget('a'),
        alerts: [{ at: 0.5, url: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}` }],
      },
    ];
    await spend('a', 8 * DOLLAR);
    await gateway(impatient).tick();
    expect(failures).toHaveLength(1);
    hanging.closeAllConnections();
    hanging.close();
    await impatient.close();
  });
});
