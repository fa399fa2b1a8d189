import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AgentError, messageOf } from './system/agent-error';
import { ask } from './call/client';
import { destroy } from './supervisor/destroy';
import { Fields } from './call/fields';
import { resolveServer } from './call/executables';
import { readRequest } from './call/requests';
import { reportNeighbours } from './supervisor/neighbours';
import { StateFolder } from './system/state-folder';
import { status } from './supervisor/status';
import { supervise } from './supervisor/supervisor';

const USAGE = `usage: AIWM_STATE=<state folder> [AIWM_SPEC=<JSON>] node agent.js <verb>

  prepare    check that the programs that will be needed are installed
  instance   bring one instance of the service to its specification
  redis      bring a Redis to its specification
  nginx      test, swap in and reload a configuration
  roster     stop every unit that is not on the list
  status     print what runs
  resume     start again what ran before the machine was restarted
  destroy    stop everything and remove the state folder`;

const report = (line: string): void => console.log(line);

async function main(verb: string | undefined): Promise<void> {
  if (process.platform === 'win32') {
    throw new AgentError('The local platform runs on Linux and macOS; on Windows use WSL.');
  }
  switch (verb) {
    case 'status':
      return status(statePath(), report);
    case 'resume':
      return resume();
    case 'destroy':
      return destroy(statePath(), report);
    case 'supervise':
      return supervise(statePath());
    case 'prepare':
      return prepare();
    case 'instance':
    case 'redis':
    case 'nginx':
    case 'roster': {
      const caller = { folder: process.cwd(), environment: process.env };
      const path = statePath();
      const request = readRequest(verb, specification(verb), caller);
      const state = StateFolder.create(path);
      await ask(state, request, report);
      if (request.verb === 'roster') {
        reportNeighbours(state, request.folders, report);
      }
      return;
    }
    default:
      throw new AgentError(
        verb === undefined ? USAGE : `There is no verb ${JSON.stringify(verb)}.\n\n${USAGE}`,
      );
  }
}

async function resume(): Promise<void> {
  const state = StateFolder.find(statePath());
  if (!state) {
    throw new AgentError(`${statePath()} contains no state of the agent: deploy first.`);
  }
  return ask(state, { verb: 'resume' }, report);
}

/** Fails if a program is missing, before anything is started. */
function prepare(): void {
  const fields = new Fields(parseJson(specification('prepare')), 'AIWM_SPEC of "prepare"', [
    'executables',
    'folders',
  ]);
  const folders = fields.texts('folders').map((each) => resolve(each));
  for (const name of fields.texts('executables')) {
    report(`${name}: ${resolveServer(name, process.cwd())}`);
  }
  const state = StateFolder.create(statePath());
  if (state.read('agent.js') === undefined) {
    // Destroy runs the copy in the folder, possibly before anything has been started.
    state.write('agent.js', readFileSync(__filename));
  }
  reportNeighbours(state, folders, report);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AgentError('AIWM_SPEC is not JSON.');
  }
}

function specification(verb: string): string {
  const spec = process.env.AIWM_SPEC;
  if (!spec) {
    throw new AgentError(`The verb ${verb} needs its specification in AIWM_SPEC.`);
  }
  return spec;
}

function statePath(): string {
  const folder = process.env.AIWM_STATE;
  if (folder) {
    return resolve(folder);
  }
  // Users run the copy in the state folder: node <state folder>/agent.js status
  const own = dirname(__filename);
  if (existsSync(join(own, 'units'))) {
    return own;
  }
  throw new AgentError('AIWM_STATE is not set; it must name the state folder.');
}

main(process.argv[2]).then(
  () => {
    // Only the supervisor keeps running after its work is done.
    if (process.argv[2] !== 'supervise') {
      process.exit(0);
    }
  },
  (error: unknown) => {
    const unexpected = error instanceof AgentError || !(error instanceof Error) ? '' : error.stack;
    console.error(unexpected || messageOf(error));
    process.exit(1);
  },
);
