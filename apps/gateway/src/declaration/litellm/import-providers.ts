import { PROVIDER_TYPES, findAdapter } from '#providers';
import { kindOf } from './kinds.js';
import type { Kind } from './kinds.js';
import { membersOf } from './litellm-config.js';
import type { Entry, Members } from './litellm-config.js';
import { Texts } from './texts.js';

export interface ProviderItem {
  readonly name: string;
  readonly type: string;
  readonly base_url?: string;
  readonly api_key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Accounts, which LiteLLM repeats at each of their models. */
export class Providers {
  private readonly byAccount = new Map<string, ProviderItem>();
  private readonly counts = new Map<string, number>();
  private readonly texts = new Texts();

  constructor(private readonly note: (text: string) => void) {}

  get items(): ProviderItem[] {
    return [...this.byAccount.values()];
  }

  /** The provider of an entry, and the model's name there; undefined: there is none such here, and a note says so. */
  find({ label, params }: Entry): { provider: string; model: string } | undefined {
    const given = this.texts.text(params.custom_llm_provider);
    const model = this.texts.text(params.model);
    if (model === undefined) return this.refuse(label, 'it has no litellm_params.model');
    const { prefix, kind, name } = kindOf(model, given);
    if (!kind) return this.refuse(label, `'${prefix}' is no provider that is known here`);
    if (!PROVIDER_TYPES.includes(kind.type))
      return this.refuse(label, `there is no provider for '${prefix}' yet`);
    const account = this.account(kind, params, label);
    if (account.base_url === undefined && findAdapter(account.type)?.defaultBaseUrl === undefined) {
      return this.refuse(label, kind.regional ? 'it has no aws_region_name' : 'it has no api_base');
    }
    return { provider: this.named(account), model: kind.manner ? name.replace(kind.manner, '') : name };
  }

  private refuse(label: string, reason: string): undefined {
    this.note(`${label} is not taken: ${reason}.`);
  }

  private account(kind: Kind, params: Members, label: string): Omit<ProviderItem, 'name'> {
    const region = this.texts.text(params.aws_region_name);
    const base =
      this.texts.text(params.api_base ?? params.base_url) ??
      (region === undefined ? undefined : kind.regional?.(region)) ??
      variable(kind.baseVariable) ??
      kind.place?.((name) => this.texts.text(params[name]));
    const baseUrl = addressOf(kind, base, this.texts.text(params.api_version));
    const isElsewhere = kind.home !== undefined && base !== undefined && !base.startsWith(kind.home);
    const type = (isElsewhere ? kind.elsewhere : undefined) ?? kind.type;
    const member = kind.keyMember ?? 'api_key';
    const apiKey =
      this.secret(params[member] ?? params.api_key, member, label) ??
      (kind.regional && this.awsKeys(params, label)) ??
      variable(isElsewhere ? undefined : kind.keyVariable);
    const headers = this.headers(params, label);
    return {
      type,
      ...(baseUrl === undefined ? {} : { base_url: baseUrl }),
      ...(apiKey === undefined ? {} : { api_key: apiKey }),
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
    };
  }

  /** As a provider's secret has them: one after the other. */
  private awsKeys(params: Members, label: string): string | undefined {
    const names = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'];
    const [id, secret, token] = names.map((name) => this.secret(params[name], name, label));
    if (id === undefined || secret === undefined) return undefined;
    return [id, secret, ...(token === undefined ? [] : [token])].join(':');
  }

  private headers(params: Members, label: string): Record<string, string> {
    const headers: Record<string, string> = {};
    const organization = this.texts.text(params.organization);
    if (organization !== undefined) headers['openai-organization'] = organization;
    for (const [name, value] of Object.entries({
      ...membersOf(params.headers),
      ...membersOf(params.extra_headers),
    })) {
      const isSecret = /auth|key|token|secret|cookie/i.test(name);
      const text = isSecret ? this.secret(value, `header ${name}`, label) : this.texts.text(value);
      if (text !== undefined) headers[name.toLowerCase()] = text;
    }
    return headers;
  }

  private secret(value: unknown, what: string, label: string): string | undefined {
    return this.texts.secret(value, (name) => {
      this.note(`${label}: its ${what} stands in LiteLLM's file as text; put it into the variable ${name}.`);
    });
  }

  private named(account: Omit<ProviderItem, 'name'>): string {
    const key = JSON.stringify(account);
    const known = this.byAccount.get(key);
    if (known) return known.name;
    const count = (this.counts.get(account.type) ?? 0) + 1;
    this.counts.set(account.type, count);
    const name = count === 1 ? account.type : `${account.type}-${count}`;
    this.byAccount.set(key, { name, ...account });
    return name;
  }
}

function variable(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `\${${name}}`;
}

function addressOf(kind: Kind, base: string | undefined, version: string | undefined): string | undefined {
  if (base === undefined) return undefined;
  const plain = base.replace(/\/+$/, '');
  const whole = kind.suffix && !plain.endsWith(kind.suffix) ? `${plain}${kind.suffix}` : plain;
  const isDated = version !== undefined && kind.undated !== undefined && !plain.endsWith(kind.undated);
  return isDated ? `${whole}?api-version=${version}` : whole;
}
