import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, makeFolder, start, until } from './children.mjs';

const NGINX = '/usr/sbin/nginx';

/** nginx as a plain reverse proxy before `origin`, one process; undefined where it is not installed. */
export async function startNginx(origin) {
  if (!existsSync(NGINX)) return undefined;
  const folder = makeFolder('nginx');
  mkdirSync(join(folder, 'temp'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, new URL(origin).host));
  const child = start('nginx', NGINX, ['-c', file, '-p', folder, '-e', join(folder, 'error.log')]);
  const url = `http://127.0.0.1:${port}`;
  await until('nginx', () =>
    fetch(`${url}/v1/models`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { url, id: child.pid };
}

/** Streams pass as they come, bodies stay in memory, connections are kept on both sides. */
function configuration(folder, port, upstream) {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temp/${name};`,
  );
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
worker_rlimit_nofile 16384;
events { worker_connections 16384; }
http {
  access_log off;
  ${temp.join('\n  ')}
  client_max_body_size 64m;
  client_body_buffer_size 8m;
  keepalive_timeout 72s;
  keepalive_requests 100000000;
  tcp_nodelay on;
  upstream sandbox { server ${upstream}; keepalive 2048; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://sandbox;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
