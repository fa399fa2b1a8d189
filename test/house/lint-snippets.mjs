// Lints snippets as if they were files of the project, and prints the messages of each one as JSON. A process of its
// own, because ESLint reads its configuration with import(), which jest does not let it do.
//
//   stdin: [{"file": "lib/nginx/example.ts", "code": "..."}]     stdout: [["message", ...], ...]
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const snippets = JSON.parse(await text(process.stdin));
const eslint = new ESLint({
  // The snippets are in no TypeScript project.
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ],
});

const messages = [];
for (const { file, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath: file });
  messages.push(result?.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`) ?? []);
}
console.log(JSON.stringify(messages));
