// The tests' Docker Engine for a person: starts it, makes the images, says how to talk to it, and ends with Ctrl-C.
//
//   node --import tsx test/support/docker/bed.ts
import { dockerEngine } from './engine';
import { imageNames } from './image-recipes';
import { ensureImages, imageProblem } from './images';

async function main(): Promise<void> {
  const { engine, reason } = dockerEngine();
  if (!engine) {
    console.error(reason);
    process.exit(1);
  }
  for (const name of imageNames) {
    const problem = imageProblem(name);
    const started = performance.now();
    await (problem ? undefined : ensureImages(engine, name));
    console.log(`${name}: ${problem ?? `ready (${Math.round(performance.now() - started)} ms)`}`);
  }
  const settings = Object.entries(engine.environment).map(
    ([key, value]) => `export ${key}=${value}`,
  );
  console.log(`Docker Engine ${engine.version} is up. ${settings.join('; ')}`);
  setInterval(() => {}, 1_000_000);
}

void main();
