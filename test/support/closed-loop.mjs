/**
 * Load from a process of its own: each connection sends its next call when it has its answer. Told what to send by
 * IPC, it tells what came.
 */
import { Pool } from 'undici';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers with their times, in milliseconds; a refusal is waited out for `pauseMs`, as a client that backs off would. */
async function run({ url, headers, body, connections, seconds, pauseMs }) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const answers = [];
  const end = performance.now() + seconds * 1_000;
  const loop = async () => {
    while (performance.now() < end) {
      const from = performance.now();
      const answer = await pool
        .request({ path: '/v1/chat/completions', method: 'POST', headers, body })
        .then(async (response) => {
          await response.body.dump();
          return { status: response.statusCode, retryAfter: response.headers['retry-after'] };
        })
        .catch(() => ({ status: 0 }));
      answers.push({ ...answer, ms: performance.now() - from });
      if (answer.status !== 200) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  await pool.close();
  return answers;
}

process.on('message', async (options) => process.send(await run(options)));
process.once('disconnect', () => process.exit(0));
