import { describe, expect, it } from 'vitest';
import { startSandbox } from './sandbox.js';

const send = (url: string, content: string): Promise<Response> =>
  fetch(`${url}/chat/completions?api-version=1`, {
    method: 'POST',
    headers: { 'X-Trace': 'abc' },
    body: JSON.stringify({ model: 'm;chunks=2', messages: [{ role: 'user', content }] }),
  });

describe('the ledger', () => {
  it('keeps what arrived, in process and over HTTP', async () => {
    const sandbox = await startSandbox();
    const done = sandbox.ledger.waitFor(({ completedAt }) => completedAt !== undefined);
    await (await send(sandbox.url, 'hi')).text();
    const entry = await done;
    expect(entry).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions?api-version=1',
      model: 'm;chunks=2',
    });
    expect(entry.headers['x-trace']).toBe('abc');
    expect(entry.rawHeaders).toContain('abc');
    expect(JSON.parse(entry.body)).toHaveProperty('messages.0.content', 'hi');
    const face = `http://127.0.0.1:${sandbox.port}/_ledger`;
    expect(await (await fetch(face)).json()).toMatchObject({
      open: 0,
      peak: 1,
      requests: [{ model: 'm;chunks=2' }],
    });
    expect((await fetch(face, { method: 'DELETE' })).status).toBe(204);
    expect(await (await fetch(face)).json()).toEqual({ open: 0, peak: 0, requests: [] });
    await sandbox.close();
  });

  it('keeps the beginning of a large body, or all of it when told', async () => {
    const large = 'x'.repeat(70_000);
    for (const keepBodies of [false, true]) {
      const sandbox = await startSandbox({ keepBodies });
      await (await send(sandbox.url, large)).text();
      const [entry] = sandbox.ledger.requests;
      expect(entry?.bodyLength).toBeGreaterThan(70_000);
      expect(entry?.body).toHaveLength(keepBodies ? (entry?.bodyLength ?? 0) : 1024);
      await sandbox.close();
    }
  });

  it('gives up waiting, and lets a faulty predicate fail its own wait only', async () => {
    const sandbox = await startSandbox();
    await expect(sandbox.ledger.waitFor(() => false, 20)).rejects.toThrow('No entry matched in 20 ms');
    const faulty = sandbox.ledger.waitFor(() => {
      throw new Error('typo');
    });
    const failed = expect(faulty).rejects.toThrow('typo');
    expect((await send(sandbox.url, 'hi')).status).toBe(200);
    await failed;
    await sandbox.close();
  });
});
