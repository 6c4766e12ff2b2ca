import type { Provider } from '#contract';
import type { ProviderFault } from '../spec.js';
import { readSecret } from './secret.js';

/** Where models are, as far as base URL and secret tell. */
export interface Place {
  /** Path of the base URL in front of the version. */
  readonly root: string;
  readonly version: string;
  /** Between version and publisher: a project and a location, or nothing, as an API key has it. */
  readonly parent: string;
}

type Account = Pick<Provider, 'baseUrl' | 'secret'>;

const PATH =
  /^(?<root>.*?)(?:\/(?<version>v\d\w*))?(?:\/projects\/(?<project>[^/]+)(?:\/locations\/(?<location>[^/]+))?)?\/*$/;

/** `us-central1-aiplatform.googleapis.com`, `aiplatform.eu.rep.googleapis.com`. */
const REGIONAL = /^(?:([\w-]+)-aiplatform\.|aiplatform\.(\w+)\.rep\.)/;
const GLOBAL_HOST = 'aiplatform.googleapis.com';

const WHERE = 'end it with /v1/projects/PROJECT/locations/LOCATION';

/** The place, or what is wrong with it. */
export function placeOf(provider: Account): Place | ProviderFault {
  const secret = readSecret(provider.secret);
  if (secret.kind === 'fault') return { param: 'api_key', message: secret.message };
  const { hostname, pathname } = new URL(provider.baseUrl);
  const { root = '', version = 'v1', ...given } = PATH.exec(pathname)?.groups ?? {};
  const told = locationOf(hostname);
  const own = secret.kind === 'account' ? secret.account.project : undefined;
  const project = given.project ?? (own === undefined ? undefined : encodeURIComponent(own));
  const location = given.location ?? told;
  if (project === undefined && secret.kind === 'key') return { root, version, parent: '' };
  if (project === undefined) return { param: 'base_url', message: `names no project: ${WHERE}` };
  if (location === undefined) return { param: 'base_url', message: `names no location: ${WHERE}` };
  if (REGIONAL.test(hostname) && location !== told) {
    const message = `is the host of the location '${told}', and names the location '${location}'`;
    return { param: 'base_url', message };
  }
  return { root, version, parent: `projects/${project}/locations/${location}/` };
}

export function faultOf(provider: Account): ProviderFault | undefined {
  const place = placeOf(provider);
  return 'message' in place ? place : undefined;
}

function locationOf(host: string): string | undefined {
  const [, region, multiRegion] = REGIONAL.exec(host) ?? [];
  return region ?? multiRegion ?? (host === GLOBAL_HOST ? 'global' : undefined);
}
