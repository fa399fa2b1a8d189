// The rules of the house about who may import whom, as an ESLint rule: `house/imports`. Paths are resolved first, so
// that `../nginx/print` and `../../nginx/print` are the same thing.
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

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
      'A platform knows no other platform, so no "{{to}}". What several need belongs into lib/platform/platform.ts.',
    breaks: ({ from, to }) =>
      isIn(from, 'lib/platform') &&
      platformOf(to) !== undefined &&
      platformOf(to) !== platformOf(from),
  },
  {
    message:
      'The constructs know a platform only by lib/platform/platform.ts, so no "{{to}}". Add what is needed to IPlatform.',
    breaks: ({ from, to }) =>
      /^lib\/[^/]+\.ts$/.test(from) && from !== 'lib/index.ts' && platformOf(to) !== undefined,
  },
  {
    message:
      'Import "{{to}}" deep, as in "@cdktf/provider-aws/lib/instance": the root loads every resource of the provider, which takes seconds.',
    breaks: ({ to }) => /^@cdktf\/provider-[^/]+(\/lib(\/index(\.js)?)?)?\/?$/.test(to),
  },
  {
    message:
      'A platform gets the finished text of nginx.conf, so no "{{to}}". Let NginxWsFrontend hand over what is needed.',
    breaks: ({ from, to }) => isIn(from, 'lib/platform') && isIn(to, 'lib/nginx'),
  },
  {
    message:
      'The agent is one file that runs with node alone, so no "{{to}}": only node\'s own modules and files of its folder.',
    breaks: ({ from, to, own }) =>
      isIn(from, 'lib/platform/local/agent') &&
      (own ? !isIn(to, 'lib/platform/local/agent') : !to.startsWith('node:')),
  },
];

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

/** @param {string} path */
function platformOf(path) {
  return (
    /^lib\/platform\/([^/]+)\//.exec(`${path}/`)?.[1]?.replace(/^platform(\.ts)?$/, '') || undefined
  );
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
