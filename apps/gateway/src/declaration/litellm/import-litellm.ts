import { stringify } from 'yaml';
import { addAliases, importModels } from './import-models.js';
import { Providers } from './import-providers.js';
import { importRouting, ROUTING_SETTINGS } from './import-routing.js';
import { membersOf, oneLine, readLitellm } from './litellm-config.js';
import type { Members } from './litellm-config.js';

/** Settings that are said elsewhere here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'general_settings.master_key': 'set PLLM_MASTER_KEY',
  'general_settings.database_url': 'set DATABASE_URL, to a database of its own',
  'litellm_settings.request_timeout': 'give a provider or a model timeouts: {total_ms}',
  'router_settings.timeout': 'give a provider or a model timeouts: {total_ms}',
  'litellm_settings.drop_params': 'parameters go to the provider as they came',
};

/** A configuration of LiteLLM as a `pllm.yaml`; what has no counterpart stands in its comments. @throws InvalidDeclaration */
export function importLitellm(text: string): string {
  const notes: string[] = [];
  const note = (line: string): void => void (notes.includes(line) || notes.push(line));
  const { entries, sections } = readLitellm(text);
  const providers = new Providers(note);
  const models = importModels(entries, providers, note);
  const aliases = addAliases(models, membersOf(sections.router_settings).model_group_alias, note);
  const routingOf = importRouting(models, aliases, sections, note);
  const used = new Set([...models.values()].flat().map(({ provider }) => provider));
  const file = {
    providers: providers.items.filter(({ name }) => used.has(name)),
    models: [...models].map(([id, targets]) => {
      const { strategy, ...rest } = routingOf(id);
      return { id, ...(strategy !== undefined && { strategy }), targets, ...rest };
    }),
  };
  noteSections(sections, note);
  const yaml = stringify(file, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true });
  return `${comments(yaml, notes)}${yaml}`;
}

function noteSections(sections: Members, note: (line: string) => void): void {
  for (const [section, value] of Object.entries(sections)) {
    const names = Object.keys(membersOf(value));
    if (section === 'environment_variables') {
      if (names.length > 0)
        note(
          `environment_variables: set these where the gateway is started: ${names.map(oneLine).join(', ')}.`,
        );
      continue;
    }
    const isEmpty = value === null || (names.length === 0 && JSON.stringify(value) === '{}');
    if (names.length === 0 && !isEmpty) note(`${oneLine(section)} has no counterpart.`);
    for (const name of names) {
      const path = `${oneLine(section)}.${oneLine(name)}`;
      if (ROUTING_SETTINGS.has(path)) continue;
      const elsewhere = ELSEWHERE[path];
      note(elsewhere === undefined ? `${path} has no counterpart.` : `${path}: ${elsewhere}.`);
    }
  }
}

function comments(yaml: string, notes: readonly string[]): string {
  const names = [...yaml.matchAll(/(?<!\$)(?:\$\$)*\$\{([A-Za-z_]\w*)\}/g)].map(([, name]) => name);
  const variables = [...new Set(names)].toSorted();
  return [
    'Made from a configuration of LiteLLM. See what it would do: npm start --silent -- --check pllm.yaml',
    ...(variables.length > 0 ? ['', `It needs these variables: ${variables.join(', ')}`] : []),
    ...(notes.length > 0 ? ['', 'What is not as it was:', ...notes.map((line) => `- ${line}`)] : []),
  ]
    .map((line) => `# ${line}`.trimEnd())
    .concat('', '')
    .join('\n');
}
