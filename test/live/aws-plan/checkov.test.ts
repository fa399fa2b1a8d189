// checkov over the plan of each AWS example: each of its findings is in docs/platforms/aws-checkov.md with a reason, and
// each that is there is one of its findings. The properties that the page names are as good as it says, and so is its
// .checkov.yaml.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { RedisEngine, TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, AwsNetwork } from 'cdktf-aiwm/aws';
import { blocksOf, proseLines } from '../../docs/pages';
import { synthesizeAws } from '../../support/aws/aws-site';
import { checkovProblem, runCheckov, type Findings } from '../../support/aws/checkov';
import { Deployed } from '../../support/aws/deployed';
import { describeWithAws } from '../../support/aws/describe-aws';
import { example, exampleNames } from '../../support/aws/examples';
import { Given } from '../../support/aws/given';
import { mockRun, type AppliedResource } from '../../support/aws/mock-run';
import { MotoServer, motoProblem } from '../../support/aws/moto-server';
import { StackFolder } from '../../support/aws/stack-folder';
import { resourceAddresses, type StackJson } from '../../support/aws/stack-json';
import { cleanUp } from '../../support/machine/clean-up';
import { withoutHash } from '../../support/stack/addresses';

const PAGE = 'docs/platforms/aws-checkov.md';
const ANSWERED = 'Answered by a property';
const LEFT = 'Left as they are';

interface Row {
  /** "CKV_AWS_18 aws_s3_bucket.Platform_Releases" */
  readonly finding: string;
  readonly address: string;
  readonly reason: string;
}

/** The rows of the table below a heading of the page, one for each resource. */
function rowsOf(heading: string): Row[] {
  const lines = proseLines(PAGE);
  const from = lines.indexOf(`## ${heading}`) + 1;
  const to = lines.findIndex((line, index) => index >= from && line.startsWith('## '));
  return lines.slice(from, to < 0 ? undefined : to).flatMap((line): Row[] => {
    const [, check = '', resources = '', reason = ''] = line.split('|').map((each) => each.trim());
    const id = /^`(CKV2?_AWS_\d+)`$/.exec(check)?.[1];
    const addresses = [...resources.matchAll(/`([^`]+)`/g)].map(([, address]) => address!);
    return id === undefined
      ? []
      : addresses.map((address) => ({ finding: `${id} ${address}`, address, reason }));
  });
}

const answered = rowsOf(ANSWERED);
const left = rowsOf(LEFT);

/** What the page says of a stack that has these resources. */
function expected(rows: readonly Row[], stack: StackJson): string[] {
  const addresses = new Set(resourceAddresses(stack).map(withoutHash));
  return rows
    .filter(({ address }) => addresses.has(address))
    .map(({ finding }) => finding)
    .sort();
}

/** With every property that the page names. */
const hardened = () =>
  synthesizeAws((site) => {
    const provider = new AwsProvider(site.scope, 'Provider', { region: 'eu-central-1' });
    const network = new AwsNetwork(site.scope, 'Network', {
      provider,
      flowLogBucketArn: 'arn:aws:s3:::company-flow-logs/chat/',
    });
    site.platform({
      provider,
      network,
      region: undefined,
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      encryptionKeyArn:
        'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
      containerInsights: true,
      logRetentionDays: 365,
      entry: AwsEntry.nlb({
        deletionProtection: true,
        accessLogs: { bucket: 'company-access-logs', prefix: 'chat' },
      }),
    });
    site.front({
      cluster: site.cluster({ backplane: site.backplane({ engine: RedisEngine.VALKEY }) }),
      serverName: 'chat.example.org',
      tls: TlsCertificate.acm(),
    });
  }).json as StackJson;

test('the page gives a reason for each, and names none twice', () => {
  const all = [...answered, ...left];
  expect(answered.length).toBeGreaterThan(0);
  expect(left.length).toBeGreaterThan(0);
  expect(all.filter(({ reason }) => reason.split(' ').length < 3)).toEqual([]);
  const findings = all.map(({ finding }) => finding);
  expect(findings).toEqual([...new Set(findings)]);
});

test('the .checkov.yaml of the page skips what is left as it is, and nothing else', () => {
  const skipped = [...configuration().matchAll(/^ {2}- (CKV\w+)/gm)].map(([, id]) => id!);
  expect(skipped.sort()).toEqual(
    [...new Set(left.map(({ finding }) => finding.split(' ')[0]!))].sort(),
  );
});

function configuration(): string {
  return blocksOf(PAGE).find(({ language }) => language === 'yaml')!.text;
}

interface Plan {
  readonly planned_values: {
    readonly root_module: {
      /** Without values where none is known. */
      readonly resources: { readonly address: string; values?: Record<string, unknown> }[];
    };
  };
  readonly resource_changes: readonly {
    readonly address: string;
    readonly change: { readonly after_unknown: Record<string, unknown> };
  }[];
}

/** JSON in which a first plan has the ARNs of new resources, so that it is unknown; a later plan has it. */
const DOCUMENTS = ['policy', 'assume_role_policy', 'container_definitions'];

function withDocuments(text: string, applied: readonly AppliedResource[]): string {
  const plan = JSON.parse(text) as Plan;
  for (const resource of plan.planned_values.root_module.resources) {
    const { address } = resource;
    const known = applied.find((each) => each.address === address)?.values ?? {};
    const { after_unknown: unknown } = plan.resource_changes.find(
      (each) => each.address === address,
    )!.change;
    for (const name of DOCUMENTS.filter((each) => unknown[each] === true)) {
      resource.values = { ...resource.values, [name]: known[name] };
      delete unknown[name];
    }
  }
  return JSON.stringify(plan);
}

describeWithAws('checkov on the AWS examples', (plugin) => {
  const problem = checkovProblem() ?? motoProblem();
  if (problem) {
    test.skip(`needs checkov and an emulator: ${problem}`, () => {});
    return;
  }

  const stacks: Record<string, StackJson> = {
    ...Object.fromEntries(exampleNames.map((name) => [name, example(name).json as StackJson])),
    hardened: hardened(),
  };
  let plans: Readonly<Record<string, string>>;
  let findings: Findings;

  afterAll(cleanUp);
  beforeAll(async () => {
    // A plan reads what exists, and makes nothing.
    const server = await MotoServer.start();
    const given = new Given(server);
    const made = Object.entries(stacks).map(async ([name, stack]) => {
      const deployed = new Deployed(given.fill(stack), plugin, server, {});
      const mocked = new StackFolder(stack, plugin);
      await mocked.init();
      const { errors, resources } = await mockRun(mocked);
      expect(errors).toEqual([]);
      return [name, withDocuments(await deployed.firstPlan(), resources)] as const;
    });
    plans = Object.fromEntries(await Promise.all(made));
    findings = runCheckov(plans);
  });

  test.each(exampleNames)('%s has the findings that the page names, and no other', (name) => {
    expect(findings.passed[name]).toBeGreaterThan(100);
    expect(findings.failed[name]).toEqual(expected([...answered, ...left], stacks[name]!));
  });

  test('each finding of the page is one of some example', () => {
    const all = new Set(exampleNames.flatMap((name) => findings.failed[name]!));
    expect([...answered, ...left].filter(({ finding }) => !all.has(finding))).toEqual([]);
  });

  test('the properties that the page names answer what it says', () => {
    expect(findings.failed.hardened).toEqual(expected(left, stacks.hardened!));
  });

  test('with the .checkov.yaml of the page, nothing is found there', () => {
    const { passed, failed } = runCheckov({ hardened: plans.hardened! }, configuration());
    expect(passed.hardened).toBeGreaterThan(100);
    expect(failed.hardened).toEqual([]);
  });
});
