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
 * Says no before anything is started, when a program is missing.
 *
 * @internal
 */
export function checkPrograms(agent: string, stateDir: string, spec: string): LocalExecProvisioner {
  return {
    type: 'local-exec',
    command: 'node "$AIWM_AGENT" prepare',
    environment: { AIWM_AGENT: agent, AIWM_STATE: stateDir, AIWM_SPEC: spec },
  };
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
    command: `node "$AIWM_AGENT" ${verb}`,
    environment: {
      AIWM_AGENT: agent,
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
