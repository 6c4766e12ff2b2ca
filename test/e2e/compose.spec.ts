import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../apps/gateway/src/config/config.js';
import { SECRETS_IN_FILES, VARIABLES } from '../../apps/gateway/src/config/environment.js';

interface Service {
  image: string;
  build?: string;
  profiles?: string[];
  restart: string;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  ports?: string[];
  volumes?: string[];
  networks?: string[] | Record<string, unknown>;
  logging?: unknown;
  stop_grace_period?: string;
  depends_on?: Record<string, { condition: string }>;
}

const TEXT = readFileSync('docker-compose.yml', 'utf8');
const FILE = parse(TEXT, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
};
const SERVICES = Object.entries(FILE.services);
const PROFILES = ['sandbox', 'replicas', 'observability'];

/** A service, which is there. */
function service(name: string): Service {
  const found = FILE.services[name];
  if (!found) throw new Error(`There is no service ${name}.`);
  return found;
}

describe('docker-compose.yml', () => {
  it('starts a gateway, its database and Redis, and the rest by profile', () => {
    const always = SERVICES.filter(([, { profiles }]) => !profiles).map(([name]) => name);
    expect(always.sort()).toEqual(['gateway', 'postgres', 'redis', 'secrets']);
    const byProfile = PROFILES.map((profile) =>
      SERVICES.filter(([, { profiles }]) => profiles?.includes(profile)).map(([name]) => name),
    );
    expect(byProfile).toEqual([['sandbox'], ['gateway-2', 'haproxy'], ['prometheus', 'grafana']]);
  });

  it.each(SERVICES)('%s has a pinned image, bounded logs, and comes back', (name, { image, ...rest }) => {
    expect(image).toMatch(rest.build ? /^pllm:local$/ : /^[\w./-]+:v?\d[\w.-]*$/);
    expect(rest.logging).toBeDefined();
    expect(rest.restart).toBe(name === 'secrets' ? 'no' : 'unless-stopped');
  });

  it.each(SERVICES.filter(([name]) => name !== 'secrets'))(
    '%s has a health check',
    (_, { image, ...rest }) => {
      // That of the image is in the Dockerfile.
      const ofImage = image === 'pllm:local' && /^HEALTHCHECK /m.test(readFileSync('Dockerfile', 'utf8'));
      expect(rest.healthcheck?.test.length ?? (ofImage ? 2 : 0)).toBeGreaterThan(1);
    },
  );

  it.each(SERVICES)(
    '%s waits for services that are there, until they can serve',
    (_, { depends_on: needs = {} }) => {
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(FILE.services).toHaveProperty(name);
        expect(condition).toBe(name === 'secrets' ? 'service_completed_successfully' : 'service_healthy');
      }
    },
  );

  it.each(SERVICES)('%s mounts files that are there, and volumes that have a name', (_, { volumes = [] }) => {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect(existsSync(source)).toBe(true);
      else expect(FILE.volumes).toHaveProperty(source);
    }
  });

  it('holds no secret, and asks for none', () => {
    const isSecret = /(?:KEY|PASSWORD|SECRET|TOKEN|_URL)$/;
    for (const [, { environment = {} }] of SERVICES) {
      for (const [name, value] of Object.entries(environment).filter(([name]) => isSecret.test(name)))
        expect(`${name}=${value}`).toMatch(/=\$\{[A-Z_]+:-(?:redis:\/\/redis:6379)?\}$/);
    }
    expect(TEXT).not.toMatch(/\$\{\w+(?::?\?|\})/);
    expect(TEXT).not.toMatch(/:\/\/[^\s/]*:[^\s/]*@/);
  });

  it('publishes neither Postgres nor Redis, and gives them no way out', () => {
    for (const name of ['postgres', 'redis']) {
      expect(service(name).ports).toBeUndefined();
      expect(service(name).networks).toEqual(['back']);
    }
    expect(FILE.networks.back).toEqual({ internal: true });
  });

  it('passes on every secret and address that the gateway reads, and nothing that it does not', () => {
    const given = Object.keys(service('gateway').environment ?? {});
    expect(given).toEqual(expect.arrayContaining([...SECRETS_IN_FILES]));
    const known: string[] = [...VARIABLES, ...VARIABLES.map((name) => `${name}_FILE`)];
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(['gateway', 'gateway-2'])('gives %s longer to stop than it takes', (name) => {
    const { drainDelayMs, drainMs } = readConfig({ DATABASE_URL: 'postgresql://host/db' });
    const grace = Number(/^(\d+)s$/.exec(service(name).stop_grace_period ?? '')?.[1]) * 1000;
    // After that, calls are told to end and records are flushed.
    expect(grace).toBeGreaterThanOrEqual(drainDelayMs + drainMs + 10_000);
  });

  it('lets the second gateway read the keys of the first', () => {
    const { environment = {}, volumes = [], depends_on: needs = {} } = service('gateway-2');
    expect(environment.PLLM_SECRET_KEY_FILE).toBe('/secrets/gateway/secret.key');
    expect(environment.PLLM_MASTER_KEY_FILE).toBe('/secrets/gateway/master.key');
    expect(volumes).toContain('gateway-data:/secrets/gateway:ro');
    expect(service('gateway').volumes).toContain('gateway-data:/data');
    expect(needs.gateway?.condition).toBe('service_healthy');
  });
});

describe('make-secrets.sh', () => {
  it('draws each password once, and a URL that the gateway takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pllm-secrets-'));
    const env = { PATH: process.env.PATH, DATABASE_SECRETS: folder, GRAFANA_SECRETS: folder };
    const run = () => spawnSync('sh', ['deploy/secrets/make-secrets.sh'], { env, encoding: 'utf8' });
    try {
      expect(run()).toMatchObject({ status: 0, stdout: '', stderr: '' });
      const password = readFileSync(join(folder, 'password'), 'utf8');
      expect(password).toMatch(/^[0-9a-f]{48}$/);
      expect(readConfig({ DATABASE_URL_FILE: join(folder, 'url') }).databaseUrl).toBe(
        `postgresql://pllm:${password}@postgres:5432/pllm`,
      );
      // Postgres and the gateway read it as users of their own.
      expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o644);
      expect(run().status).toBe(0);
      expect(readFileSync(join(folder, 'password'), 'utf8')).toBe(password);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The command that reads compose files here; undefined: there is none. */
function composeClient(): string[] | undefined {
  const clients = [['docker', 'compose'], ['docker-compose']];
  return clients.find(([file = '', ...args]) => spawnSync(file, [...args, 'version']).status === 0);
}

const client = composeClient();

describe.skipIf(!client)('docker compose config', () => {
  it.each([[[]], ...PROFILES.map((name) => [[name]]), [PROFILES]])('takes the profiles %j', (profiles) => {
    const [file = '', ...args] = [...(client ?? []), ...profiles.flatMap((name) => ['--profile', name])];
    const { PATH, HOME } = process.env;
    const read = spawnSync(file, [...args, 'config', '--services'], {
      env: { PATH, HOME },
      encoding: 'utf8',
    });
    expect(read).toMatchObject({ status: 0 });
    const wanted = SERVICES.filter(
      ([, own]) => !own.profiles || own.profiles.some((name) => profiles.includes(name)),
    );
    // The oldest clients name those of other profiles too.
    expect(read.stdout.trim().split('\n')).toEqual(expect.arrayContaining(wanted.map(([name]) => name)));
  });
});

const haproxy = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((path) => existsSync(path));

describe.skipIf(!haproxy)('haproxy.cfg', () => {
  it('is taken by haproxy', () => {
    const read = spawnSync(haproxy ?? '', ['-c', '-f', 'deploy/haproxy/haproxy.cfg'], { encoding: 'utf8' });
    expect(read.status, read.stderr).toBe(0);
  });
});
