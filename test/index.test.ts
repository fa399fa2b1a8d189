import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as library from 'cdktf-aiwm';
import * as testing from 'cdktf-aiwm/testing';

const root = join(__dirname, '..');

test.each(['lib/index.ts', 'lib/testing/index.ts'])('%s holds exports and nothing else', (file) => {
  const statements = readFileSync(join(root, file), 'utf8').trim().split('\n');
  for (const statement of statements) {
    expect(statement).toMatch(/^export (\*|\{[^}]*\}) from '\.[^']*';$/);
  }
});

test('what the library offers', () => {
  expect(Object.keys(library).sort()).toEqual([
    'AccessLog',
    'AiwmCluster',
    'AiwmRoutes',
    'AiwmService',
    'AwsEntry',
    'AwsNetwork',
    'AwsPlatform',
    'Balancing',
    'ClientTransport',
    'DockerPlatform',
    'DockerSwarmPlatform',
    'ErrorPages',
    'Errors',
    'HealthProbe',
    'LocalPlatform',
    'NginxWsFrontend',
    'RedisAdapterBackplane',
    'RedisEngine',
    'SameSite',
    'Secret',
    'TlsCertificate',
    'TlsKind',
    'Upstream',
  ]);
});

test('what its test helpers offer', () => {
  expect(Object.keys(testing).sort()).toEqual([
    'SynthesizedStack',
    'multiLineSerializer',
    'synthesize',
    'synthesizeStack',
  ]);
});
