/**
 * How many processes a gateway under test has: as many as `PLLM_WORKERS` says, on a Postgres; an embedded database is
 * for one.
 */
export function workersOn(databaseUrl: string | undefined): number {
  return databaseUrl === undefined ? 1 : Number(process.env.PLLM_WORKERS || '1');
}
