import { modelFields, targetFields } from '../admin/model-fields.js';
import { providerFields } from '../admin/provider-fields.js';
import { teamFields } from '../admin/team-fields.js';
import type { ModelRow, ProviderRow, SecretBox, TeamRow } from '#persistence';
import { Declaration, declaredId } from '../models/declaration.js';
import type { DeclarationBody } from './declaration.body.js';

/** What a checked file declares, as rows that are in no database. Their secrets are sealed as the stored ones are. */
export function buildDeclaration(
  body: DeclarationBody,
  { box, file, at }: { box: SecretBox; file: string; at: Date },
): Declaration {
  const times = { createdAt: at, updatedAt: at };
  const providers = (body.providers ?? []).map((provider) => ({
    ...providerFields(box, declaredId(provider.name), provider),
    ...times,
  }));
  const byName = new Map<string, ProviderRow>(providers.map((row) => [row.name, row]));
  const models = (body.models ?? []).map(({ id, ...settings }) => {
    const targets = settings.targets.flatMap((target, position) => {
      const provider = byName.get(target.provider);
      return provider ? [{ ...targetFields(target, provider.id), modelId: id, position, provider }] : [];
    });
    const ownedBy = targets[0]?.provider.type ?? 'pllm';
    return { id, ...modelFields(settings, ownedBy), ...times, targets } as ModelRow;
  });
  const prices = (body.prices ?? []).map(({ type, model, ...price }) => ({
    providerType: type,
    model,
    price,
    ...times,
  }));
  const teams = (body.teams ?? []).map(
    (team) => ({ ...teamFields(declaredId(team.name), team), ...times }) as TeamRow,
  );
  return new Declaration(providers, models, file, prices, teams);
}
