import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { LocalExecProvisioner } from 'cdktf';

/**
 * The bundled agent. Found from the sources and from what is compiled alike.
 *
 * @internal
 */
export function agentFile(): string {
  const file = path.resolve(__dirname, '../../../build/local-agent/agent.js');
  if (!existsSync(file)) {
    throw new Error(`${file} is missing. In a checkout, run: npm run build:agent`);
  }
  return file;
}

/**
 * Tells the agent to bring something to its specification: the one that the resource itself is replaced by,
 * so that it stands in the plan once and is what Terraform compares.
 *
 * @internal
 */
export function bringUp(agent: string, verb: string, stateDir: string): LocalExecProvisioner {
  return {
    type: 'local-exec',
    command: `node ${shellWord(agent)} ${verb}`,
    environment: {
      AIWM_STATE: stateDir,
      AIWM_SPEC: '${jsonencode(self.triggers_replace.specification)}',
    },
  };
}

/**
 * Ends everything below the state folder. The agent of that folder does it: at destroy nothing else is left.
 *
 * @internal
 */
export function tearDown(): LocalExecProvisioner {
  return {
    type: 'local-exec',
    when: 'destroy',
    command: 'if [ -f "$AIWM_STATE/agent.js" ]; then node "$AIWM_STATE/agent.js" destroy; fi',
    environment: { AIWM_STATE: '${self.output.state_dir}' },
  };
}

/** Single quotes, which end at nothing but a single quote. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
