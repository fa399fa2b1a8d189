// Synthesizes every example, and writes beside each stack the nginx.conf that it would deliver, as a text to read and
// to compare: `npm run synth`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = resolve(root, process.env.CDKTF_OUTDIR || 'cdktf.out');

const app = spawnSync(process.execPath, ['--import', 'tsx', join('examples', 'main.ts')], {
  cwd: root,
  env: { ...process.env, CDKTF_OUTDIR: outdir },
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (app.status !== 0) {
  console.error('synth: examples/main.ts failed');
  process.exit(1);
}

for (const name of stackNames()) {
  const folder = join(outdir, 'stacks', name);
  const file = join(folder, 'cdk.tf.json');
  wrote(file);
  removeConfigurations(folder);
  const fronts = configurations(JSON.parse(readFileSync(file, 'utf8')));
  for (const { unit, configuration } of fronts) {
    const conf = join(folder, fronts.length === 1 ? 'nginx.conf' : `nginx-${unit}.conf`);
    writeFileSync(conf, configuration);
    wrote(conf);
  }
}

/** The stacks of this run; folders of stacks that are no longer there stay behind. */
function stackNames() {
  const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'));
  return Object.keys(manifest.stacks).sort();
}

/**
 * The configurations anywhere in a stack: every platform hands them on in its own way, and all begin with their heading.
 *
 * @param {unknown} value
 * @returns {{ unit: string, configuration: string }[]}
 */
function configurations(value) {
  if (typeof value === 'string') {
    const heading = /^# [^/\n]+\/([^\n]+): rendered by cdktf-aiwm\./.exec(value);
    const unit = heading?.[1]?.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    return unit ? [{ unit, configuration: value }] : [];
  }
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(configurations)
    : [];
}

/** @param {string} folder */
function removeConfigurations(folder) {
  for (const name of readdirSync(folder).filter((each) => /^nginx(-.+)?\.conf$/.test(each))) {
    rmSync(join(folder, name));
  }
}

/** @param {string} file */
function wrote(file) {
  console.log(`synth: wrote ${relative(root, file)}`);
}
