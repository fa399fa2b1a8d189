// The shell commands of the pages, and what becomes of each: it is run, or it is said why it is not.
import { blocksIn } from './pages';

export interface Command {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

/** Commands of all `sh` blocks; one that goes on behind a backslash is one. */
export const COMMANDS: readonly Command[] = blocksIn('sh').flatMap(({ page, line, text }) => {
  const lines = text.split('\n');
  const commands: Command[] = [];
  lines.forEach((each, index) => {
    if (index > 0 && lines[index - 1]!.endsWith('\\')) {
      const last = commands.pop()!;
      commands.push({ ...last, text: `${last.text}\n${each}` });
    } else if (each.trim() !== '') {
      commands.push({ page, line: line + index, text: each });
    }
  });
  return commands;
});

/** Run by test/docs/commands.test.ts, in an empty folder or, for the project's own scripts, in this one. */
export const RUN_HERE: readonly RegExp[] = [
  /^mkdir chat$/,
  /^cd chat$/,
  /^npm init --yes$/,
  /^npm run synth$/,
];

/** Run by test/live/deploy/getting-started.test.ts, in the folder that the page describes. */
export const RUN_LIVE: readonly RegExp[] = [
  /^npx cdktf (deploy|destroy) chat --auto-approve$/,
  /^curl --insecure https:\/\/localhost:8443\//,
  /^node \.aiwm\/chat-platform\/agent\.js (status|resume)$/,
];

export const NOT_RUN: readonly { command: RegExp; reason: string }[] = [
  { command: /^npm install /, reason: 'asks the registry' },
  { command: /^npm ci$/, reason: 'asks the registry, and replaces the node_modules of this run' },
  {
    command: /^npm ci && npm (run demo|test)$/,
    reason:
      'asks the registry, and npm test is this run; test/live has the demo’s example deployed',
  },
  {
    command: /^npm (test|run test:(unit|live|update))$/,
    reason: 'is this run, or a part of it',
  },
  {
    command: /^npm run (docs|format)$/,
    reason: 'writes into the tree; test/house compares what it would write',
  },
  { command: /^npx wscat /, reason: 'asks the registry, and a server on the internet' },
  { command: /^curl 'https:\/\/api\.x-or\.cloud\//, reason: 'asks a server on the internet' },
  {
    command: /^node \.aiwm\/chat-old\/agent\.js destroy$/,
    reason: 'ends what is no longer in the app; test/live/deploy/left-behind.test.ts does so',
  },
  { command: /^npx cdktf synth$/, reason: 'npm run synth, which is run, does the same' },
  {
    command: /^checkov --file plan\.json /,
    reason: 'needs a plan; test/live/aws-plan/checkov.test.ts runs it where it is installed',
  },
  { command: /^docker swarm init$/, reason: 'changes the Docker Engine of this machine' },
  { command: /^docker build /, reason: 'asks a registry of images' },
  { command: /^(aws|terraform) /, reason: 'needs an account of AWS' },
];
