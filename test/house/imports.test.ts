// Who may import whom. Each rule is shown by code that breaks it, and by its neighbour that does not.
import { join } from 'node:path';
import { PATIENCE, root, run } from './run';

interface Case {
  readonly file: string;
  readonly code: string;
  /** The start of the message; undefined when the code is fine. */
  readonly refused?: string;
}

const PURE = "lib/nginx is pure: it imports only node's own modules and files of lib/nginx";
const APART = 'A platform knows no other platform';
const INTERFACE = 'Constructs know a platform only by lib/platform/platform.ts and contract.ts';
const BELOW = '"lib';
const DEEP = 'Import "@cdktf/provider-';
const TEXT = 'A platform gets the finished text of nginx.conf';
const AGENT = 'The agent is one file that runs with node alone';

const cases: readonly Case[] = [
  // lib/nginx
  { file: 'lib/nginx/a.ts', code: "import 'cdktf';", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "import 'constructs';", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "export type { X } from 'cdktf/lib/x';", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "import '@cdktf/provider-aws/lib/instance';", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "import '../validation/errors';", refused: PURE },
  { file: 'lib/nginx/deep/a.ts', code: "export * from '../../errors';", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "export const x = import('../errors');", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "export type X = import('../errors').Y;", refused: PURE },
  { file: 'lib/nginx/a.ts', code: "import './print';" },
  { file: 'lib/nginx/deep/a.ts', code: "import '../print';" },
  { file: 'lib/nginx/a.ts', code: "import 'node:crypto';" },

  // Platforms among themselves
  { file: 'lib/platform/local/a.ts', code: "import '../docker/host/b';", refused: APART },
  { file: 'lib/platform/docker/host/a.ts', code: "export * from '../../local/b';", refused: APART },
  { file: 'lib/platform/docker/swarm/a.ts', code: "import '../host/b';", refused: APART },
  { file: 'lib/platform/docker/host/a.ts', code: "import '../swarm/b';", refused: APART },
  { file: 'lib/platform/docker/engine/a.ts', code: "import '../host/b';", refused: APART },
  { file: 'lib/platform/aws/deep/a.ts', code: "import '../../docker/engine/b';", refused: APART },
  { file: 'lib/platform/local/a.ts', code: "import './b';" },
  { file: 'lib/platform/local/a.ts', code: "import '../platform';" },
  { file: 'lib/platform/docker/host/a.ts', code: "import '../engine/b';" },
  { file: 'lib/platform/docker/swarm/a.ts', code: "import '../engine/b';" },
  { file: 'lib/platform/local/a.ts', code: "import '../../validation/errors';" },

  // Constructs and platforms
  { file: 'lib/cluster/a.ts', code: "import '../platform/local/a';", refused: INTERFACE },
  { file: 'lib/frontend/a.ts', code: "import '../platform/aws';", refused: INTERFACE },
  { file: 'lib/frontend/a.ts', code: "import '../platform/docker/engine/b';", refused: INTERFACE },
  { file: 'lib/cluster/a.ts', code: "import '../platform/platform';" },
  { file: 'lib/frontend/a.ts', code: "import '../nginx/print';" },
  { file: 'lib/index.ts', code: "export * from './platform/local/a';" },

  // Layers
  { file: 'lib/validation/a.ts', code: "import '../terraform/b';", refused: BELOW },
  { file: 'lib/validation/a.ts', code: "import '../nginx/b';", refused: BELOW },
  { file: 'lib/terraform/a.ts', code: "import '../model/b';", refused: BELOW },
  { file: 'lib/model/a.ts', code: "import '../platform/platform';", refused: BELOW },
  { file: 'lib/platform/platform.ts', code: "import './local/a';", refused: BELOW },
  { file: 'lib/platform/contract.ts', code: "import '../cluster/b';", refused: BELOW },
  { file: 'lib/platform/local/a.ts', code: "import '../../cluster/b';", refused: BELOW },
  { file: 'lib/cluster/a.ts', code: "import '../frontend/b';", refused: BELOW },
  { file: 'lib/frontend/a.ts', code: "import '../testing/b';", refused: BELOW },
  { file: 'lib/frontend/a.ts', code: "import '..';", refused: BELOW },
  { file: 'lib/terraform/a.ts', code: "import '../validation/b';" },
  { file: 'lib/model/a.ts', code: "import '../nginx/intent';" },
  { file: 'lib/platform/contract.ts', code: "import './platform';" },
  { file: 'lib/frontend/a.ts', code: "import '../cluster/b';" },

  // Providers
  { file: 'lib/platform/aws/a.ts', code: "import '@cdktf/provider-aws';", refused: DEEP },
  { file: 'lib/platform/docker/a.ts', code: "import '@cdktf/provider-docker';", refused: DEEP },
  { file: 'examples/a.ts', code: "import '@cdktf/provider-aws';", refused: DEEP },
  { file: 'test/a.test.ts', code: "import '@cdktf/provider-docker/lib';", refused: DEEP },
  { file: 'lib/platform/aws/a.ts', code: "import '@cdktf/provider-aws/lib/instance';" },

  // Platforms and nginx
  { file: 'lib/platform/local/a.ts', code: "import '../../nginx/print';", refused: TEXT },
  { file: 'lib/platform/platform.ts', code: "import '../nginx';", refused: TEXT },

  // The agent of the local platform
  { file: 'lib/platform/local/agent/a.ts', code: "import 'ws';", refused: AGENT },
  { file: 'lib/platform/local/agent/a.ts', code: "import 'fs';", refused: AGENT },
  { file: 'lib/platform/local/agent/a.ts', code: "import '../b';", refused: AGENT },
  { file: 'lib/platform/local/agent/a.ts', code: "import '../../../errors';", refused: AGENT },
  { file: 'lib/platform/local/agent/a.ts', code: "import 'node:fs';" },
  { file: 'lib/platform/local/agent/a.ts', code: "import './b';" },
];

let messages: readonly (readonly string[])[];

beforeAll(() => {
  const ended = run(process.execPath, [join(__dirname, 'lint-snippets.mjs')], {
    cwd: root,
    input: JSON.stringify(cases),
  });
  if (ended.status !== 0) {
    throw new Error(ended.errors);
  }
  messages = JSON.parse(ended.output) as string[][];
}, PATIENCE);

cases.forEach(({ file, code, refused }, index) => {
  test(`${file} ${refused ? 'is refused' : 'may say'}: ${code}`, () => {
    const expected = refused ? [expect.stringContaining(`house/imports: ${refused}`)] : [];
    expect(messages[index]).toEqual(expected);
  });
});
