import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { OnceBody } from './once-body.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('gives its pieces once', async () => {
  const pieces: string[] = [];
  for await (const piece of new OnceBody([Buffer.from('all '), Buffer.from('of it')]))
    pieces.push(String(piece));
  expect(pieces).toEqual(['all ', 'of it']);
});

it('keeps nothing of what it gave', async () => {
  const body = new OnceBody([Buffer.alloc(100_000)]);
  const take = async (): Promise<WeakRef<object>> => new WeakRef((await body.next()).value.buffer as object);
  const taken = await take();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(taken.deref()).toBeUndefined();
  expect(await body.next()).toEqual({ done: true, value: undefined });
});
