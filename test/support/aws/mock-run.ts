// A whole stack applied by `terraform test` with a made-up AWS: the plugin's own validation of every value, resources
// whose made-up ids say whose they are, assertions in Terraform's language, and the state for those in TypeScript.
import type { StackFolder } from './stack-folder';
import { referencesIn, type Attributes, type Blocks } from './stack-json';

/** A condition in Terraform's language, about resources as they are after the apply. */
export interface Assertion {
  /** What is true, as a sentence. */
  readonly that: string;
  readonly condition: string;
}

export interface AppliedResource {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  readonly values: Attributes;
}

export interface MockRun {
  /** Of the assertions, and of the plugin. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly resources: readonly AppliedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What each of the further plans would do, by address. */
  readonly plans: readonly Readonly<Record<string, string>>[];
}

/** A plan after the apply. */
export interface FurtherPlan {
  /** As by -replace. */
  readonly replace?: readonly string[];
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What data sources answer, by their type. */
export type MockData = Readonly<Record<string, Attributes>>;

export interface Further {
  /** After the apply, one after another. */
  readonly plans?: readonly FurtherPlan[];
  readonly data?: MockData;
}

const MOCK_ACCOUNT = '111122223333';
const MOCK_REGION = 'eu-central-1';

let schemas: Promise<Schemas> | undefined;

export async function mockRun(
  stack: StackFolder,
  assertions: readonly Assertion[] = [],
  variables: Readonly<Record<string, unknown>> = {},
  { plans = [], data = {} }: Further = {},
): Promise<MockRun> {
  // All stacks of a test have the same plugin.
  schemas ??= resourceSchemas(stack);
  stack.write(
    'tests/meaning.tftest.hcl',
    testFile(stack, await schemas, assertions, variables, plans, data),
  );
  const { stdout, output } = await stack.terraform('test', '-json', '-verbose');
  const messages = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Message);
  const state = messages.find(({ test_state: each }) => each)?.test_state;
  const said = messages.flatMap(({ diagnostic }) => (diagnostic ? [diagnostic] : []));
  const about = (severity: string) =>
    said.filter((each) => each.severity === severity).map(describeDiagnostic);
  if (!state && said.length === 0) {
    throw new Error(`terraform test said nothing that can be read:\n${output}`);
  }
  return {
    errors: about('error'),
    warnings: about('warning'),
    resources: state?.root_module?.resources ?? [],
    outputs: Object.fromEntries(
      Object.entries(state?.outputs ?? {}).map(([name, { value }]) => [name, value]),
    ),
    plans: messages.flatMap(({ test_plan: plan }) => (plan ? [changesOf(plan)] : [])),
  };
}

interface Diagnostic {
  readonly severity: string;
  readonly summary: string;
  readonly detail: string;
  readonly address?: string;
  readonly snippet?: {
    readonly values?: readonly { readonly traversal: string; readonly statement: string }[];
  };
}

interface Message {
  readonly diagnostic?: Diagnostic;
  readonly test_state?: {
    readonly outputs?: Readonly<Record<string, { readonly value: unknown }>>;
    readonly root_module?: { readonly resources?: readonly AppliedResource[] };
  };
  readonly test_plan?: Plan;
}

interface Plan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
}

/** "delete, create" by address. */
function changesOf({ resource_changes: changes = [] }: Plan): Record<string, string> {
  return Object.fromEntries(
    changes
      .map(({ address, change }) => [address, change.actions.join(', ')] as const)
      .filter(([, actions]) => actions !== 'no-op'),
  );
}

function describeDiagnostic({ summary, detail, address, snippet }: Diagnostic): string {
  const values = (snippet?.values ?? []).map((each) => `${each.traversal} ${each.statement}`);
  return [address, summary, detail, ...values].filter(Boolean).join(' | ');
}

type Schemas = Readonly<
  Record<
    string,
    {
      readonly block: {
        readonly attributes: Readonly<Record<string, { computed?: boolean; type?: unknown }>>;
      };
    }
  >
>;

interface ProviderSchema {
  readonly resource_schemas: Schemas;
}

async function resourceSchemas(stack: StackFolder): Promise<Schemas> {
  const { provider_schemas: all } = JSON.parse(
    await stack.succeed('providers', 'schema', '-json'),
  ) as { provider_schemas: Readonly<Record<string, ProviderSchema>> };
  return all['registry.terraform.io/hashicorp/aws']?.resource_schemas ?? {};
}

function testFile(
  stack: StackFolder,
  schemas: Schemas,
  assertions: readonly Assertion[],
  variables: Readonly<Record<string, unknown>>,
  plans: readonly FurtherPlan[],
  own: MockData,
): string {
  const { resource = {}, data = {}, provider = {} } = stack.json;
  const answers = { ...DATA, ...own };
  const known = Object.keys(data)
    .filter((type) => type in answers)
    .map((type) => `  mock_data "${type}" {\n    defaults = ${hcl(answers[type])}\n  }`);
  return [
    ...(provider.aws ?? [{}]).flatMap(({ alias }) => [
      'mock_provider "aws" {',
      ...(alias === undefined ? [] : [`  alias = ${hcl(alias)}`]),
      ...known,
      '}',
    ]),
    ...overrides(resource, schemas, variables),
    'variables {',
    ...Object.entries(variables).map(([name, value]) => `  ${name} = ${hcl(value)}`),
    '}',
    'run "meaning" {',
    '  command = apply',
    ...assertions.flatMap(({ that, condition }) => [
      '  assert {',
      `    condition = ${condition}`,
      `    error_message = ${hcl(`It is not so that ${that}.`)}`,
      '  }',
    ]),
    '}',
    ...plans.flatMap(({ replace = [], variables: changed = {} }, index) => [
      `run "plan${index + 1}" {`,
      '  command = plan',
      `  plan_options {\n    replace = [${replace.join(', ')}]\n  }`,
      '  variables {',
      ...Object.entries(changed).map(([name, value]) => `    ${name} = ${hcl(value)}`),
      '  }',
      '}',
    ]),
    '',
  ].join('\n');
}

/** Where the plugin or the stack needs more than any text. */
const DATA: MockData = {
  aws_iam_policy_document: { json: '{}' },
  aws_caller_identity: { account_id: MOCK_ACCOUNT },
  aws_region: { name: MOCK_REGION },
  aws_partition: { partition: 'aws', dns_suffix: 'amazonaws.com' },
  aws_availability_zones: { names: ['a', 'b', 'c'].map((zone) => MOCK_REGION + zone) },
  aws_ssm_parameter: { insecure_value: 'ami-0123456789abcdef0' },
  aws_route53_zone: { name: 'example.org' },
  aws_subnet: { cidr_block: '10.0.1.0/24' },
  aws_secretsmanager_secret_versions: {
    versions: [
      { version_id: 'the-old-one', version_stages: ['AWSPREVIOUS'] },
      { version_id: 'the-current-one', version_stages: ['AWSCURRENT'] },
    ],
  },
};

/** Ids and ARNs that say whose they are, and addresses that are addresses. */
function overrides(
  resources: Blocks,
  schemas: Schemas,
  variables: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(resources).flatMap(([type, byName]) =>
    Object.entries(byName).flatMap(([name, attributes], index) => {
      const computed = schemas[type]?.block.attributes ?? {};
      const made: Attributes = {
        id: idOf(type, name),
        arn: `arn:aws:${type.split('_')[1]}:${MOCK_REGION}:${MOCK_ACCOUNT}:${type}/${name}`,
        private_ip: `10.0.0.${10 + index}`,
        public_ip: `198.51.100.${10 + index}`,
        dns_name: `${name.toLowerCase()}.example`,
        ipv6_cidr_block: '2001:db8:1200::/56',
        domain_validation_options: validationOf(attributes, variables),
        // Of a stack of CloudFormation.
        outputs: {
          Id: `ns-${name.toLowerCase().replace(/\W|_/g, '')}`,
          Arn: 'arn:aws:servicediscovery',
        },
        // The plugin looks at these as well.
        ...(type === 'aws_ssm_document' ? { latest_version: '1' } : {}),
        ...(type === 'aws_s3_bucket' ? { region: MOCK_REGION } : {}),
      };
      // The plugin knows the names of a certificate's records before it is made.
      const isKnownEarly = type === 'aws_acm_certificate';
      const texts = Object.entries(computed).filter(([, each]) => each.type === 'string');
      const values = Object.fromEntries(
        Object.entries({
          // Made-up values must be the same at plan and at apply.
          ...(isKnownEarly ? Object.fromEntries(texts.map(([each]) => [each, each])) : {}),
          ...made,
        }).filter(([attribute]) => computed[attribute]?.computed && !(attribute in attributes)),
      );
      return Object.keys(values).length === 0
        ? []
        : [
            'override_resource {',
            `  target = ${type}.${name}`,
            ...(isKnownEarly ? ['  override_during = plan'] : []),
            `  values = ${hcl(values)}`,
            '}',
          ];
    }),
  );
}

function idOf(type: string, name: string): string {
  // The plugin looks at this one.
  return type === 'aws_launch_template'
    ? `lt-${name.replace(/\W|_/g, '').toLowerCase()}`
    : `${type.replace(/^aws_/, '')}/${name}`;
}

function validationOf(
  { domain_name, subject_alternative_names = [] }: Attributes,
  variables: Readonly<Record<string, unknown>>,
): Attributes[] {
  const names = [domain_name, ...(subject_alternative_names as unknown[])].map((name) =>
    String(name).replace(/\$\{var\.(\w+)\}/g, (_, variable: string) => String(variables[variable])),
  );
  return names.map((name) => ({
    domain_name: name,
    // A name and its wildcard have one record.
    resource_record_name: `_validation.${name.replace(/^\*\./, '')}.`,
    resource_record_type: 'CNAME',
    resource_record_value: '_validation.acm-validations.aws.',
  }));
}

/** JSON is HCL, but for its templates. */
function hcl(value: unknown): string {
  return JSON.stringify(value).replace(/([$%])\{/g, '$1$1{');
}

/** Every resource that an assertion names has to be there, or Terraform's message is about the assertion. */
export function unknownNames(stack: StackFolder, assertions: readonly Assertion[]): string[] {
  const { resource = {}, data = {} } = stack.json;
  return referencesIn(assertions.map(({ condition }) => condition)).filter((address) => {
    const [type = '', name = ''] = address.replace(/^data\./, '').split('.');
    return !(address.startsWith('data.') ? data : resource)[type]?.[name];
  });
}
