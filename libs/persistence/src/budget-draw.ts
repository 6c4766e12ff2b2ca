import { GatewayError } from '#contract';
import type { Draw, Grant } from '#metering';
import { isSame, NAME, NAMED, NAME_MEMBERS, named } from './budget-account-name.js';
import { openAccounts } from './budget-open.js';
import type { Database } from './database.js';

/** How long a lease lives that nobody renews. */
export const LEASE_LIFE = `interval '30 seconds'`;

/** A sixteenth of what is left beyond the need may be had in advance: so near the limit next to nothing is. */
const PLENTY = 16;

/**
 * Rows that others change meanwhile are waited for and read as they are then: that is what FOR UPDATE is for. A lease
 * that was withheld is added to as it is: its holder, who is here to ask, renews it soon.
 */
const DRAW = `WITH asked AS MATERIALIZED (
  SELECT draw, ${NAMED}, "limitNanos" AS most, "isStrict" AS is_strict, "needNanos" AS need, "extraNanos" AS extra
  FROM json_to_recordset($1::json) AS asked(
    draw int, ${NAME_MEMBERS}, "limitNanos" bigint, "isStrict" boolean, "needNanos" bigint, "extraNanos" bigint)
), account AS MATERIALIZED (
  SELECT ${NAME}, spent_nanos + reserved_nanos + withheld_nanos AS taken, reserved_nanos AS reserved
  FROM budget_account WHERE (${NAME}) IN (SELECT ${NAME} FROM asked)
  ORDER BY ${NAME} FOR UPDATE
), granted AS MATERIALIZED (
  SELECT asked.*, room, reserved,
    CASE WHEN room >= need THEN need + least(extra, (room - need) / ${PLENTY}) ELSE greatest(room, 0) END AS nanos
  FROM asked JOIN account USING (${NAME}) CROSS JOIN LATERAL (SELECT most - taken AS room) AS left_over
), leased AS (
  INSERT INTO budget_lease AS lease (${NAME}, holder, is_strict, nanos, expires_at)
  SELECT ${NAME}, $2, is_strict, nanos, now() + ${LEASE_LIFE} FROM granted WHERE nanos > 0 ORDER BY ${NAME}
  ON CONFLICT (${NAME}, holder) DO UPDATE
  SET nanos = lease.nanos + excluded.nanos, is_strict = excluded.is_strict, expires_at = excluded.expires_at
  RETURNING ${NAME}, is_withheld
), changed AS (
  UPDATE budget_account account SET
    reserved_nanos = account.reserved_nanos + CASE WHEN is_withheld THEN 0 ELSE nanos END,
    withheld_nanos = account.withheld_nanos + CASE WHEN is_withheld THEN nanos ELSE 0 END
  FROM granted JOIN leased USING (${NAME}) WHERE ${isSame('account', 'granted')}
)
SELECT draw, granted.nanos::float8 AS nanos, (room - granted.nanos)::float8 AS room,
  greatest(reserved - coalesce(mine.nanos, 0), 0)::float8 AS elsewhere
FROM granted LEFT JOIN budget_lease mine
  ON ${isSame('mine', 'granted')} AND mine.holder = $2 AND NOT mine.is_withheld`;

interface GrantRow {
  readonly draw: number;
  readonly nanos: number;
  readonly room: number;
  readonly elsewhere: number;
}

/** Leases of accounts, each named once; those that are not there yet are opened. @throws GatewayError */
export async function drawLeases(
  database: Database,
  holder: string,
  draws: readonly Draw[],
): Promise<Grant[]> {
  const grants = new Map<number, Grant>();
  const ask = async (): Promise<Draw[]> => {
    const asked = draws.flatMap((draw, index) =>
      grants.has(index) ? [] : { ...draw, ...named(draw.account), draw: index },
    );
    if (asked.length === 0) return [];
    const rows = await database.query<GrantRow>(DRAW, [JSON.stringify(asked), holder]);
    for (const { draw, nanos, room, elsewhere } of rows)
      grants.set(draw, { grantedNanos: nanos, roomNanos: room, elsewhereNanos: elsewhere });
    return asked.filter(({ draw }) => !grants.has(draw));
  };
  const missing = await ask();
  if (missing.length > 0) {
    await openAccounts(
      database,
      missing.map(({ account }) => account),
    );
    await ask();
  }
  return draws.map((_, index) => {
    const grant = grants.get(index);
    if (!grant) throw new GatewayError('server_error', { message: 'A budget account cannot be opened.' });
    return grant;
  });
}
