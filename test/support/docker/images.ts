// Makes the test images in an Engine, once: an image that is there and was made from the same is left alone.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { temporaryFolder } from '../machine/temporary-folder';
import type { Engine } from './engine';
import { imageSource, type ImageName, type Recipe, type Variant } from './image-recipes';
import { buildArchive, fingerprintOf, rootFileSystemProblem } from './root-file-system';

const label = 'aiwm.test.made-from';

/** Why an image cannot be made on this machine; undefined when it can. */
export function imageProblem(name: ImageName): string | undefined {
  const source = imageSource(name);
  if ('reason' in source) {
    return source.reason;
  }
  return 'from' in source
    ? imageProblem(source.from as ImageName)
    : rootFileSystemProblem(source.root);
}

/** Makes those of the images that the Engine lacks, 0.5 to 4 s each. */
export async function ensureImages(engine: Engine, ...names: readonly ImageName[]): Promise<void> {
  for (const name of names) {
    await ensureImage(engine, name);
  }
}

async function ensureImage(engine: Engine, name: ImageName): Promise<string> {
  const source = imageSource(name);
  if ('reason' in source) {
    throw new Error(`${name}: ${source.reason}`);
  }
  const base = 'from' in source ? await ensureImage(engine, source.from as ImageName) : undefined;
  const origin = createHash('sha256')
    .update(JSON.stringify([base ?? fingerprintOf((source as Recipe).root), source.changes]))
    .digest('hex')
    .slice(0, 16);
  if ((await madeFrom(engine, name)) !== origin) {
    const changes = [...source.changes, `LABEL ${label}=${origin}`].flatMap((change) => [
      '--change',
      change,
    ]);
    if ('from' in source) {
      await derive(engine, name, source, changes);
    } else {
      await importRoot(engine, name, source, changes);
    }
  }
  return origin;
}

async function madeFrom(engine: Engine, name: string): Promise<string | undefined> {
  try {
    return await engine.docker(
      ...['image', 'inspect', '--format', `{{index .Config.Labels "${label}"}}`, name],
    );
  } catch {
    return undefined;
  }
}

async function importRoot(
  engine: Engine,
  name: string,
  { root, check }: Recipe,
  changes: readonly string[],
): Promise<void> {
  const folder = temporaryFolder('image');
  try {
    // Looked at before it has its name: a name stands for an image that works.
    const id = await engine.docker('import', ...changes, buildArchive(root, folder));
    try {
      await engine.docker('run', '--rm', '--network', 'none', id, ...check);
    } catch (error) {
      await engine.docker('rmi', '--force', id);
      throw error;
    }
    await engine.docker('tag', id, name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A commit of a container that has never run: the layers of the other image, and another configuration. */
async function derive(
  engine: Engine,
  name: string,
  { from }: Variant,
  changes: readonly string[],
): Promise<void> {
  const container = await engine.docker('create', from);
  try {
    await engine.docker('commit', ...changes, container, name);
  } finally {
    await engine.docker('rm', container);
  }
}
