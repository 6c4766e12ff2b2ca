import { Database } from '#persistence';
import type { Gateway } from '../../apps/gateway/src/gateway.js';

/** Everything in the database as text; binary columns in hex. */
export function databaseText(gateway: Pick<Gateway, 'app'>): Promise<string> {
  return textOf(gateway.app.get(Database));
}

/** The same of a database that no gateway has open. */
export async function textOf({ prisma }: Pick<Database, 'prisma'>): Promise<string> {
  const tables = await prisma.$queryRaw<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`;
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await prisma.$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM "${name}" t`);
    texts.push(name, ...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

/** The spellings in which a secret could stand there. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '').slice(0, -1)];
}
