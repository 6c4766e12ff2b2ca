import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { PageRequest, ProviderRow, ProviderSecrets, Queries, SecretKeys } from '#persistence';
import {
  createProvider,
  Database,
  deleteProvider,
  findProvider,
  listProviders,
  openProviderSecrets,
  sealProviderSecrets,
  updateProvider,
} from '#persistence';
import { findAdapter } from '#providers';
import { SECRET_KEYS } from '../database/database.module.js';
import { ModelRegistry } from '../models/model-registry.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import type { CreateProviderBody, UpdateProviderBody } from './providers.body.js';

/** Makes, changes and takes away providers: in the database, then in the snapshot that calls are routed by. */
@Injectable()
export class ProviderAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
    @Inject(SECRET_KEYS) private readonly secrets: SecretKeys,
  ) {}

  list(page: PageRequest) {
    return this.database.read((queries) => listProviders(queries, page));
  }

  read(id: string): Promise<ProviderRow> {
    return this.database.read((queries) => existing(queries, id));
  }

  /** A provider's credential and headers, in the clear. */
  open(row: ProviderRow): ProviderSecrets {
    return openProviderSecrets(this.secrets.box, row);
  }

  async create(body: CreateProviderBody, actor: Actor): Promise<ProviderRow> {
    const id = `prov_${randomBytes(12).toString('hex')}`;
    const { name, type, timeouts, enabled = true } = body;
    const sealed = this.seal(id, { apiKey: body.api_key ?? undefined, headers: lowerCased(body.headers) });
    const row = await this.database.write(note(actor, 'create', 'provider', id, body), (queries) =>
      createProvider(queries, {
        id,
        name,
        type,
        baseUrl: baseUrlOf(type, body.base_url),
        ...sealed,
        timeouts: { ...timeouts },
        enabled,
      }),
    );
    await this.models.refresh();
    return row;
  }

  async update(id: string, body: UpdateProviderBody, actor: Actor): Promise<ProviderRow> {
    const row = await this.database.write(note(actor, 'update', 'provider', id, body), async (queries) => {
      const before = await existing(queries, id);
      const type = body.type ?? before.type;
      return updateProvider(queries, id, {
        name: body.name,
        type,
        baseUrl:
          body.base_url === undefined && type === before.type ? undefined : baseUrlOf(type, body.base_url),
        ...this.reseal(before, body),
        timeouts: body.timeouts === undefined ? undefined : { ...body.timeouts },
        enabled: body.enabled,
      });
    });
    await this.models.refresh();
    return row;
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.database.write(note(actor, 'delete', 'provider', id), (queries) =>
      deleteProvider(queries, id),
    );
    await this.models.refresh();
  }

  private reseal(before: ProviderRow, { api_key, headers }: UpdateProviderBody) {
    if (api_key === undefined && headers === undefined) return {};
    const secrets = this.open(before);
    return this.seal(before.id, {
      apiKey: api_key === undefined ? secrets.apiKey : (api_key ?? undefined),
      headers: headers === undefined ? secrets.headers : lowerCased(headers),
    });
  }

  private seal(id: string, secrets: ProviderSecrets) {
    return {
      sealed: sealProviderSecrets(this.secrets.box, id, secrets),
      secretLast4: secrets.apiKey === undefined ? null : lastFour(secrets.apiKey),
    };
  }
}

async function existing(queries: Queries, id: string): Promise<ProviderRow> {
  const row = await findProvider(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such provider.' });
  return row;
}

function baseUrlOf(type: string, given: string | undefined): string {
  const url = given ?? findAdapter(type)?.defaultBaseUrl;
  if (url === undefined) {
    const message = `A provider of type '${type}' needs a base_url.`;
    throw new GatewayError('missing_required_parameter', { param: 'base_url', message });
  }
  return url.replace(/\/+$/, '');
}

/** By one spelling of its name, an operator's header stands in place of the gateway's own instead of beside it. */
function lowerCased(headers: Record<string, string> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Of a short secret, four characters would be most of it. */
function lastFour(secret: string): string {
  return secret.length >= 12 ? secret.slice(-4) : '****';
}
