// What is in the test images. They stand in for the public images of the same names, which are not to be had without
// a registry: same places, users, entry points and defaults, as far as a deployment can notice.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nginxVersions, realVersion } from '../../../scripts/machine/nginx-versions.mjs';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import type { RootFileSystem } from './root-file-system';

export interface Recipe {
  readonly root: RootFileSystem;
  /** Of the image's configuration, as `docker import --change` takes them. */
  readonly changes: readonly string[];
  /** A command that has to succeed in a container of the image, for a mistake to be seen where it is made. */
  readonly check: readonly string[];
}

/** An image that differs from another one only in its configuration. */
export interface Variant {
  readonly from: string;
  readonly changes: readonly string[];
}

export type ImageSource = Recipe | Variant | { readonly reason: string };

const project = join(__dirname, '../../..');
const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The shell and what a script expects beside it. `kill` is a built-in of the shell, as in the public images. */
const tools =
  'cat chgrp chmod chown cp cut date dirname env find grep head id ln ls mkdir mktemp mv printf readlink rm sed sh sha256sum sleep sort stat tail test touch tr true wc'.split(
    ' ',
  );

function users(...names: readonly (readonly [name: string, uid: number, gid: number])[]) {
  const all = [['root', 0, 0], ...names, ['nobody', 65534, 65534]] as const;
  return {
    'etc/passwd': all.map(([name, uid, gid]) => `${name}:x:${uid}:${gid}::/:/bin/sh\n`).join(''),
    'etc/group': [...all, ['nogroup', 0, 65534] as const]
      .map(([name, , gid]) => `${name}:x:${gid}:\n`)
      .join(''),
  };
}

// ---- nginx, and nginx-unprivileged

/** @param short a release such as 1.26, or `machine` for the one that is installed */
function nginx(short: string, unprivileged: boolean): Recipe | { reason: string } {
  const cached = nginxVersions().find(({ version }) => version === short)?.executable;
  const installed = findProgram('nginx');
  const executable = cached ?? installed;
  const version = executable && realVersion(executable);
  if (!executable || !version?.startsWith(`${short}.`)) {
    return { reason: `nginx ${short} is not here: npm run setup, as root on Debian or Ubuntu` };
  }
  const listen = unprivileged ? 8080 : 80;
  return {
    root: {
      programs: [...tools, 'curl', 'openssl'],
      copies: {
        'usr/sbin/nginx': cached ? join(dirname(cached), 'nginx-binary') : realpathSync(executable),
      },
      ...(cached && { libraries: join(dirname(cached), 'lib') }),
      files: {
        ...users(['www-data', 33, 33], ['nginx', 101, 101]),
        'usr/lib/ssl/openssl.cnf': readFileSync('/etc/ssl/openssl.cnf', 'utf8'),
        'docker-entrypoint.sh': '#!/bin/sh\nset -e\nexec "$@"\n',
        'etc/nginx/mime.types': 'types { text/html html; text/plain txt; }\n',
        'etc/nginx/nginx.conf': nginxConfiguration(listen, unprivileged),
        'usr/share/nginx/html/index.html': '<h1>Welcome to nginx!</h1>\n',
      },
      folders: ['var/log/nginx', 'var/cache/nginx', 'var/lib/nginx', 'etc/nginx/conf.d'],
      links: {
        'var/log/nginx/access.log': '/dev/stdout',
        'var/log/nginx/error.log': '/dev/stderr',
      },
      owners: unprivileged ? { 'var/cache/nginx': '101:0', 'etc/nginx': '101:0' } : {},
    },
    changes: [
      path,
      `ENV NGINX_VERSION=${version}`,
      `EXPOSE ${listen}`,
      'ENTRYPOINT ["/docker-entrypoint.sh"]',
      'CMD ["nginx","-g","daemon off;"]',
      ...(unprivileged ? ['USER 101'] : []),
    ],
    check: ['sh', '-c', 'nginx -t && curl --version && openssl version && sha256sum /etc/passwd'],
  };
}

function nginxConfiguration(listen: number, unprivileged: boolean): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) =>
      `    ${name}_temp_path ${unprivileged ? `/tmp/${name}_temp` : `/var/cache/nginx/${name}_temp`};`,
  );
  return [
    ...(unprivileged ? [] : ['user nginx;']),
    'worker_processes auto;',
    'error_log /var/log/nginx/error.log notice;',
    `pid ${unprivileged ? '/tmp' : '/run'}/nginx.pid;`,
    'events { worker_connections 1024; }',
    'http {',
    '    include /etc/nginx/mime.types;',
    '    access_log /var/log/nginx/access.log;',
    ...temporary,
    '    server {',
    `        listen ${listen};`,
    '        location / { root /usr/share/nginx/html; }',
    '        location = /address { default_type text/plain; return 200 $remote_addr; }',
    '    }',
    '}',
    '',
  ].join('\n');
}

// ---- Redis, and a stand-in for Valkey

/** The public images go from root to their user in the entry point, and so does this one. */
const redisEntrypoint = (name: string) => `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ "\${1%.conf}" != "$1" ]; then
  set -- ${name}-server "$@"
fi
if [ "$1" = ${name}-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user ${name} -exec chown ${name} {} +
  exec setpriv --reuid=${name} --regid=${name} --clear-groups -- "$0" "$@"
fi
exec "$@"
`;

/** Debian 12 has no Valkey; what a deployment can notice of it are its names. */
function redis(name: 'redis' | 'valkey', version: string): Recipe | { reason: string } {
  const server = findProgram('redis-server');
  const client = findProgram('redis-cli');
  if (!server || !client) {
    return { reason: 'redis-server is not installed: npm run setup' };
  }
  return {
    root: {
      programs: [...tools, 'setpriv'],
      copies: {
        [`usr/local/bin/${name}-server`]: realpathSync(server),
        [`usr/local/bin/${name}-cli`]: realpathSync(client),
      },
      files: {
        ...users([name, 999, 999]),
        'usr/local/bin/docker-entrypoint.sh': redisEntrypoint(name),
      },
      folders: ['data'],
      owners: { data: '999:999' },
    },
    changes: [
      path,
      `ENV ${name.toUpperCase()}_VERSION=${version}`,
      'EXPOSE 6379',
      'VOLUME /data',
      'WORKDIR /data',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      `CMD ["${name}-server"]`,
    ],
    check: [`${name}-server`, '--version'],
  };
}

// ---- the chat service

/** Node and the service, and neither a shell nor any other program: nothing may need one. */
function chat(): Recipe | { reason: string } {
  const service = join(project, 'examples/chat-service');
  const modules = dependenciesOf(join(service, 'package.json'));
  const files = ['backplane', 'chat', 'log', 'rest', 'server', 'settings', 'start-error'];
  return {
    root: {
      programs: [],
      copies: {
        'usr/local/bin/node': realpathSync(process.execPath),
        'app/package.json': join(service, 'package.json'),
        'app/start.js': join(__dirname, 'chat-entry.mjs'),
        ...Object.fromEntries(files.map((name) => [`app/${name}.js`, join(service, `${name}.js`)])),
        ...Object.fromEntries(
          modules.map((folder) => [
            `app/node_modules/${folder}`,
            join(project, 'node_modules', folder),
          ]),
        ),
      },
      files: users(['node', 1000, 1000]),
      folders: ['home/node'],
    },
    changes: [
      path,
      'ENV NODE_ENV=production',
      'WORKDIR /app',
      'USER node',
      'CMD ["node","start.js"]',
    ],
    check: ['node', '--check', 'server.js'],
  };
}

/** The packages that a package.json needs, with theirs, as folders below node_modules. */
function dependenciesOf(packageJson: string, found: string[] = []): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(packageJson, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const own = packageJson.includes('/node_modules/')
      ? join(dirname(packageJson), 'node_modules', name)
      : '';
    const folder = own && existsSync(own) ? own : join(project, 'node_modules', name);
    const relative = folder.slice(join(project, 'node_modules').length + 1);
    if (!found.includes(relative)) {
      found.push(relative);
      dependenciesOf(join(folder, 'package.json'), found);
    }
  }
  return found;
}

const chatVariant = (version: string, ...changes: readonly string[]): Variant => ({
  from: 'aiwm-test/node-chat:base',
  changes: [`ENV CHAT_VERSION=${version}`, ...changes],
});

/** By name. What takes a look at the machine is asked when it is wanted. */
const sources = {
  'aiwm-test/nginx:1.22': () => nginx('1.22', false),
  'aiwm-test/nginx:1.26': () => nginx('1.26', false),
  'aiwm-test/nginx:1.30': () => nginx('1.30', false),
  'aiwm-test/nginx-unprivileged:1.22': () => nginx('1.22', true),
  'aiwm-test/nginx-unprivileged:1.30': () => nginx('1.30', true),
  'aiwm-test/redis:7.0': () => redis('redis', '7.0'),
  'aiwm-test/valkey:7.2': () => redis('valkey', '7.2'),
  'aiwm-test/node-chat:base': chat,
  'aiwm-test/node-chat:1': () => chatVariant('1'),
  'aiwm-test/node-chat:2': () => chatVariant('2'),
  /** Ends at once with code 1. */
  'aiwm-test/node-chat:broken': () => chatVariant('broken', 'ENV CHAT_BEHAVIOUR=broken'),
  /** Answers every request with 503. */
  'aiwm-test/node-chat:unhealthy': () => chatVariant('unhealthy', 'ENV CHAT_BEHAVIOUR=unhealthy'),
  /** Listens after 20 s, or after what CHAT_SLOW_MS says. */
  'aiwm-test/node-chat:slow': () => chatVariant('slow', 'ENV CHAT_BEHAVIOUR=slow'),
} satisfies Record<string, () => ImageSource>;

export type ImageName = keyof typeof sources;

export const imageNames = Object.keys(sources) as ImageName[];

export function imageSource(name: ImageName): ImageSource {
  return sources[name]();
}
