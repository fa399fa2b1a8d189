// checkov, which looks for what a security team would ask about, over plans of Terraform.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { withoutHash } from '../stack/addresses';
import { temporaryFolder } from '../machine/temporary-folder';

/** Why there is no checkov; undefined when there is one. */
export function checkovProblem(): string | undefined {
  return findProgram('checkov') ? undefined : 'checkov is not installed: pip install checkov';
}

export interface Findings {
  readonly version: string;
  /** Number of checks that were passed, by name of the plan. */
  readonly passed: Readonly<Record<string, number>>;
  /** "CKV_AWS_1 aws_vpc.Network_Vpc", sorted, by name of the plan. */
  readonly failed: Readonly<Record<string, readonly string[]>>;
}

/**
 * @param plans - what `terraform show -json` prints of each, by name
 * @param configuration - a .checkov.yaml
 */
export function runCheckov(
  plans: Readonly<Record<string, string>>,
  configuration?: string,
): Findings {
  const folder = temporaryFolder('checkov');
  mkdirSync(join(folder, 'plans'));
  for (const [name, plan] of Object.entries(plans)) {
    writeFileSync(join(folder, 'plans', `${name}.json`), plan);
  }
  // Without one it would take that of the folder it is started in.
  writeFileSync(join(folder, '.checkov.yaml'), configuration ?? 'framework: [terraform_plan]\n');
  const { status, stdout, stderr, error } = spawnSync(
    'checkov',
    [
      ...['--directory', 'plans', '--config-file', '.checkov.yaml'],
      ...['--output', 'json', '--compact', '--soft-fail', '--skip-download'],
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 240_000 },
  );
  const report = status === 0 ? (JSON.parse(stdout) as Report) : undefined;
  if (report?.results === undefined || report.summary.parsing_errors > 0) {
    throw new Error(`checkov: ${error?.message ?? ''}\n${stderr}\n${stdout.slice(0, 2000)}`);
  }
  const { passed_checks: passed, failed_checks: failed } = report.results;
  const byPlan = <T>(of: (name: string) => T) =>
    Object.fromEntries(Object.keys(plans).map((name) => [name, of(name)]));
  const isOf = (name: string) => (each: Checked) => basename(each.file_path, '.json') === name;
  return {
    version: report.summary.checkov_version,
    passed: byPlan((name) => passed.filter(isOf(name)).length),
    failed: byPlan((name) =>
      failed
        .filter(isOf(name))
        .map(({ check_id, resource }) => `${check_id} ${withoutHash(resource)}`)
        .sort(),
    ),
  };
}

interface Checked {
  readonly check_id: string;
  readonly resource: string;
  readonly file_path: string;
}

interface Report {
  readonly results?: {
    readonly passed_checks: readonly Checked[];
    readonly failed_checks: readonly Checked[];
  };
  readonly summary: { readonly parsing_errors: number; readonly checkov_version: string };
}
