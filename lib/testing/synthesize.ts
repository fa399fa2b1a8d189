import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { App, Manifest, TerraformStack } from 'cdktf';
import { SynthesizedStack } from './synthesized-stack';
import { skipTokenTraces } from './token-traces';

/** Output folder. It is relative, so that paths out of the stack's folder are the same on every machine. */
const OUTDIR = 'cdktf.out';

/** Options of `synthesize`. */
export interface SynthesizeOptions {
  /**
   * Id of the stack.
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
 * Synthesizes constructs in a new stack, as `cdktf synth` does, and writes no stack to disk.
 *
 * Aspects and validations run, and an annotation that is an error fails.
 *
 * @param build - creates the constructs
 * @throws Error for a failed validation, and for an annotation that is an error
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
 * Synthesizes a stack of your own class, as `synthesize` does.
 *
 * @param create - creates the stack in an app
 * @throws Error for a failed validation, and for an annotation that is an error
 *
 * @example
 * const { outputs } = synthesizeStack((app) => new ChatStack(app, "chat"));
 */
export function synthesizeStack(
  create: (app: App) => TerraformStack,
  { context }: Pick<SynthesizeOptions, 'context'> = {},
): SynthesizedStack {
  // App creates these folders one by one, and fails if another test does so at the same moment.
  mkdirSync(path.join(OUTDIR, Manifest.stacksFolder), { recursive: true });
  const app = new App({ outdir: OUTDIR, stackTraces: false, context });
  const bringBack = skipTokenTraces();
  try {
    return new SynthesizedStack(create(app));
  } finally {
    bringBack();
  }
}
