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
  updateProvider,
} from '#persistence';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { SECRET_KEYS } from '../database/database.module.js';
import type { Declaration } from '../models/declaration.js';
import { ModelRegistry } from '../models/model-registry.js';
import { isForbiddenUrl, PRIVATE_DENIED } from './is-upstream.js';
import { declaredFirst } from './list.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import { faultOfProvider } from './provider-fault.js';
import type { ProviderSetup } from './provider-fault.js';
import { baseUrlOf, lowerCased, providerFields, sealFields } from './provider-fields.js';
import type { CreateProviderBody, UpdateProviderBody } from './providers.body.js';

/** Makes, changes and takes away providers: in the database, then in the snapshot that calls are routed by. */
@Injectable()
export class ProviderAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
    @Inject(SECRET_KEYS) private readonly secrets: SecretKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Those of the file first; what sleeps under their names is left out. */
  async list(page: PageRequest) {
    const { providers } = this.declaration;
    const names = providers.map(({ name }) => name);
    const found = await declaredFirst(providers, page, (rest) =>
      this.database.read((queries) => listProviders(queries, rest, names)),
    );
    await this.learnKeysOf(found.rows);
    return found;
  }

  async read(id: string): Promise<ProviderRow> {
    const declared = this.declaration.providerWithId(id);
    const row = declared ?? (await this.database.read((queries) => existing(queries, id)));
    await this.learnKeysOf([row]);
    return row;
  }

  isDeclared(row: ProviderRow): boolean {
    return this.declaration.providerWithId(row.id) !== undefined;
  }

  /** A provider's credential and headers, in the clear. */
  open(row: ProviderRow): ProviderSecrets {
    return openProviderSecrets(this.secrets.box, row);
  }

  async create(body: CreateProviderBody, actor: Actor): Promise<ProviderRow> {
    this.guard(body);
    guardSetup({ type: body.type, baseUrl: body.base_url, secret: body.api_key ?? undefined });
    const id = `prov_${randomBytes(12).toString('hex')}`;
    const fields = providerFields(this.secrets.box, id, body);
    const row = await this.database.write(note(actor, 'create', 'provider', id, body), (queries) =>
      createProvider(queries, fields),
    );
    await this.models.refresh();
    return row;
  }

  async update(id: string, body: UpdateProviderBody, actor: Actor): Promise<ProviderRow> {
    this.guard(body);
    const row = await this.database.write(note(actor, 'update', 'provider', id, body), async (queries) => {
      const before = await this.changeable(queries, id);
      const type = body.type ?? before.type;
      const isAtHome = body.base_url === undefined && type === before.type;
      const baseUrl = isAtHome ? undefined : baseUrlOf(type, body.base_url);
      if (changesSetup(body)) {
        const secret = body.api_key === undefined ? this.open(before).apiKey : (body.api_key ?? undefined);
        guardSetup({ type, baseUrl: baseUrl ?? before.baseUrl, secret });
      }
      return updateProvider(queries, id, {
        name: body.name,
        type,
        baseUrl,
        ...this.reseal(before, body),
        timeouts: body.timeouts === undefined ? undefined : { ...body.timeouts },
        maxParallel: body.max_parallel,
        enabled: body.enabled,
      });
    });
    await this.models.refresh();
    return row;
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.database.write(note(actor, 'delete', 'provider', id), async (queries) => {
      await this.changeable(queries, id);
      return deleteProvider(queries, id);
    });
    await this.models.refresh();
  }

  private get declaration(): Declaration {
    return this.models.declaration;
  }

  /** What the body alone cannot tell to be wrong. @throws GatewayError */
  private guard({ name, base_url }: UpdateProviderBody): void {
    this.declaration.guardProvider(name);
    if (!isForbiddenUrl(base_url, this.config.denyPrivateUpstreams)) return;
    const message = `base_url ${PRIVATE_DENIED}`;
    throw new GatewayError('invalid_value', { param: 'base_url', message });
  }

  private async changeable(queries: Queries, id: string): Promise<ProviderRow> {
    this.declaration.guardProvider(this.declaration.providerWithId(id)?.name);
    const row = await existing(queries, id);
    this.declaration.guardProvider(row.name);
    await this.learnKeysOf([row]);
    return row;
  }

  /** Another gateway may have sealed under a key that this one has not heard of. */
  private async learnKeysOf(rows: readonly ProviderRow[]): Promise<void> {
    if (!rows.every(({ sealed }) => this.secrets.box.knows(sealed))) await this.secrets.learn();
  }

  private reseal(before: ProviderRow, { api_key, headers }: UpdateProviderBody) {
    if (api_key === undefined && headers === undefined) return {};
    const secrets = this.open(before);
    return sealFields(this.secrets.box, before.id, {
      apiKey: api_key === undefined ? secrets.apiKey : (api_key ?? undefined),
      headers: headers === undefined ? secrets.headers : lowerCased(headers),
    });
  }
}

/** A provider that does not work may still be disabled, or named otherwise. */
function changesSetup({ type, base_url, api_key }: UpdateProviderBody): boolean {
  return type !== undefined || base_url !== undefined || api_key !== undefined;
}

/** @throws GatewayError */
function guardSetup(setup: ProviderSetup): void {
  const fault = faultOfProvider(setup);
  if (!fault) return;
  const { param, message } = fault;
  throw new GatewayError('invalid_value', { param, message: `${param} ${message}` });
}

async function existing(queries: Queries, id: string): Promise<ProviderRow> {
  const row = await findProvider(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such provider.' });
  return row;
}
