import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { App, Manifest, TerraformStack } from 'cdktf';
import { SynthesizedStack } from './synthesized-stack';
import { skipTokenTraces } from './token-traces';

/** Relative, so that paths which lead out of the stack's folder are the same on every machine. */
const OUTDIR = 'cdktf.out';

/** What `synthesize` may be told. */
export interface SynthesizeOptions {
  /**
   * The id of the stack.
   *
   * @default "Stack"
   */
  readonly stackId?: string;
  /**
   * Context of the app, as in cdktf.json.
   *
   * @default - none
   */
  readonly context?: Record<string, unknown>;
}

/**
 * Synthesizes a stack of its own, as `cdktf synth` would: with aspects, with validations, and failing on an
 * annotation that is an error. Writes no stack.
 *
 * @example
 * const { addresses, warnings } = synthesize((stack) => {
 *   new NginxWsFrontend(stack, "Frontend", { platform, upstream, serverName: "chat.example.org" });
 * });
 */
export function synthesize(
  build: (stack: TerraformStack) => void,
  { stackId = 'Stack', context }: SynthesizeOptions = {},
): SynthesizedStack {
  return synthesizeStack(
    (app) => {
      const stack = new TerraformStack(app, stackId);
      build(stack);
      return stack;
    },
    { context },
  );
}

/**
 * The same for a stack that is a class.
 *
 * @example
 * const { outputs } = synthesizeStack((app) => new ChatStack(app, "chat"));
 */
export function synthesizeStack(
  create: (app: App) => TerraformStack,
  { context }: Pick<SynthesizeOptions, 'context'> = {},
): SynthesizedStack {
  // App makes these folders one by one and stumbles over another test that does so at the same moment.
  mkdirSync(path.join(OUTDIR, Manifest.stacksFolder), { recursive: true });
  const app = new App({ outdir: OUTDIR, stackTraces: false, context });
  const bringBack = skipTokenTraces();
  try {
    return new SynthesizedStack(create(app));
  } finally {
    bringBack();
  }
}
