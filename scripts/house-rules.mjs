// Who may import whom, as an ESLint rule: `house/imports`. Paths are resolved first, so that `../nginx/print` and
// `../../nginx/print` are the same thing. The list of layers is also the picture in CONTRIBUTING.md.
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The rooms of the house from the ground up. A room imports from itself and from the layers below it, never from a room
 * beside it. The first room of the list that holds a file is the file's.
 *
 * @type {readonly (readonly string[])[]}
 */
export const LAYERS = [
  ['lib/nginx', 'lib/validation'],
  ['lib/terraform'],
  ['lib/model'],
  [
    'lib/platform/platform',
    'lib/platform/contract',
    'lib/platform/instance-environment',
    'lib/platform/platform-claims',
  ],
  ['lib/platform/docker/engine'],
  [
    'lib/cluster',
    'lib/platform/local',
    'lib/platform/docker/host',
    'lib/platform/docker/swarm',
    'lib/platform/aws',
  ],
  ['lib/frontend'],
  // Faces: each gathers what one kind of reader needs.
  ['lib/platform/docker/index', 'lib/platform/index', 'lib/testing', 'lib/index'],
];

/** Rooms that are one floor: their files may import each other, whichever was named first. */
const CONTRACT = LAYERS[3];

/**
 * @typedef {object} Import
 * @property {string} from the importing file, relative to the root
 * @property {string} to a file of the project relative to the root and without extension, or a package as imported
 * @property {boolean} own whether `to` is a file of the project
 */

/** @type {{ message: string, breaks: (what: Import) => boolean }[]} */
const RULES = [
  {
    message:
      'lib/nginx is pure: it imports only node\'s own modules and files of lib/nginx, so no "{{to}}". Hand in what it needs as plain values.',
    breaks: ({ from, to, own }) =>
      isIn(from, 'lib/nginx') && (own ? !isIn(to, 'lib/nginx') : !isBuiltIn(to)),
  },
  {
    message:
      'The agent is one file that runs with node alone, so no "{{to}}": only node\'s own modules and files of its folder.',
    breaks: ({ from, to, own }) =>
      isIn(from, 'lib/platform/local/agent') &&
      (own ? !isIn(to, 'lib/platform/local/agent') : !to.startsWith('node:')),
  },
  {
    message:
      'Import "{{to}}" deep, as in "@cdktf/provider-aws/lib/instance": the root loads every resource of the provider, which takes seconds.',
    breaks: ({ to }) => /^@cdktf\/provider-[^/]+(\/lib(\/index(\.js)?)?)?\/?$/.test(to),
  },
  {
    message:
      'A platform knows no other platform, so no "{{to}}". What several need belongs into lib/platform/contract.ts, or for Docker into lib/platform/docker/engine.',
    breaks: ({ from, to }) =>
      isPlatform(from) &&
      isPlatform(to) &&
      (!mayImport(from, to) ||
        isIn(from, 'lib/platform/docker') !== isIn(to, 'lib/platform/docker')),
  },
  {
    message:
      'A platform gets the finished text of nginx.conf, so no "{{to}}". Let NginxWsFrontend hand over what is needed.',
    breaks: ({ from, to }) => isIn(from, 'lib/platform') && isIn(to, 'lib/nginx'),
  },
  {
    message:
      'Constructs know a platform only by lib/platform/platform.ts and contract.ts, so no "{{to}}". Add what is needed to the contract.',
    breaks: ({ from, to }) =>
      (isIn(from, 'lib/cluster') || isIn(from, 'lib/frontend')) && isPlatform(to),
  },
  {
    message:
      '"{{to}}" does not stand below this file: see the layers in scripts/house-rules.mjs. Move what both need further down.',
    breaks: ({ from, to, own }) => own && !mayImport(from, to),
  },
];

/**
 * @param {string} from
 * @param {string} to
 */
function mayImport(from, to) {
  const [above, below] = [roomOf(from), roomOf(to)];
  return (
    above === undefined ||
    below === undefined ||
    above.room === below.room ||
    (CONTRACT?.includes(above.room) && CONTRACT.includes(below.room)) ||
    below.layer < above.layer
  );
}

/**
 * The room of a file of `lib/`.
 *
 * @param {string} path
 * @returns {{ room: string, layer: number } | undefined}
 */
export function roomOf(path) {
  const stem = path === 'lib' ? 'lib/index' : path.replace(/\.ts$/, '');
  for (const [layer, rooms] of LAYERS.entries()) {
    const room = rooms.find((each) => isIn(stem, each));
    if (room !== undefined) {
      return { room, layer };
    }
  }
  return undefined;
}

/** @param {string} path */
function isPlatform(path) {
  return /^lib\/platform\/(local|docker|aws)(\/|$)/.test(path);
}

/**
 * @param {string} path
 * @param {string} folder
 */
function isIn(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}

/** @param {string} name */
function isBuiltIn(name) {
  return name.startsWith('node:');
}

/** @type {import('eslint').Rule.RuleModule} */
const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const from = relative(root, context.filename).split(sep).join('/');

    /** @param {import('estree').Node} node @param {unknown} specifier */
    function check(node, specifier) {
      if (typeof specifier !== 'string') {
        return;
      }
      const own = /^\.\.?(\/|$)/.test(specifier);
      const to = own ? posix.join(posix.dirname(from), specifier).replace(/\/$/, '') : specifier;
      const broken = RULES.find((rule) => rule.breaks({ from, to, own }));
      if (broken) {
        context.report({ node, message: broken.message, data: { to } });
      }
    }

    /** @param {any} node */
    const source = (node) => check(node, node.source?.value);
    return {
      ImportDeclaration: source,
      ExportNamedDeclaration: source,
      ExportAllDeclaration: source,
      ImportExpression: source,
      CallExpression(node) {
        const { callee } = node;
        const isRequire =
          (callee.type === 'Identifier' && callee.name === 'require') ||
          (callee.type === 'MemberExpression' &&
            callee.object.type === 'Identifier' &&
            callee.object.name === 'require' &&
            callee.property.type === 'Identifier' &&
            callee.property.name === 'resolve');
        const [argument] = node.arguments;
        if (isRequire && argument?.type === 'Literal') {
          check(node, argument.value);
        }
      },
      /** @param {any} node */
      TSImportEqualsDeclaration: (node) => check(node, node.moduleReference.expression?.value),
      /** @param {any} node */
      TSImportType: (node) => check(node, node.source?.value ?? node.argument?.literal?.value),
    };
  },
};

export default { rules: { imports } };
