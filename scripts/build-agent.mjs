// Bundles the agent of the local platform into one file that runs with node alone:
// lib/platform/local/agent/main.ts -> build/local-agent/agent.js
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'lib', 'platform', 'local', 'agent', 'main.ts');
const bundle = join(root, 'build', 'local-agent', 'agent.js');

if (!existsSync(source)) {
  console.error(
    `build-agent: ${relative(root, source)} does not exist, so there is no agent to bundle.`,
  );
  process.exit(1);
}

const result = await build({
  entryPoints: [source],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  // Older than what the library itself asks for: the agent also runs on the hosts.
  target: 'node18',
  format: 'cjs',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// esbuild would silently bundle a package; the agent has to stay free of them.
const packages = Object.keys(result.metafile.inputs).filter((file) =>
  file.includes('node_modules/'),
);
if (packages.length > 0) {
  console.error(
    `build-agent: the agent may only use node's own modules, but bundles:\n  ${packages.join('\n  ')}`,
  );
  process.exit(1);
}
console.log(`build-agent: wrote ${relative(root, bundle)}`);
