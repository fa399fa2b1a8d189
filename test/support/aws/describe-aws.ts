// Tests that need Terraform's AWS plugin: run where it is, skipped with the reason where it is not.
import { awsPlugin, type AwsPlugin } from './plugin';

export function describeWithAws(what: string, tests: (plugin: AwsPlugin) => void): void {
  const found = awsPlugin();
  if ('problem' in found) {
    describe(what, () => {
      test.skip(`needs Terraform's AWS plugin: ${found.problem}`, () => {});
    });
    return;
  }
  describe(`${what}, with ${found.plugin.name}`, () => tests(found.plugin));
}
