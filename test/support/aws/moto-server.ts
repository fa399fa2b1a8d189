// An AWS on this machine: moto's server with what it lacks (emulator.py), on a loopback port of its own, and its resources
// read back through boto3.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { freePort } from '../machine/free-ports';
import { startChild, type Child } from '../machine/process';
import type { Attributes } from './stack-json';

/** Why there is no emulator; undefined when there is one. */
export function motoProblem(): string | undefined {
  if (!findProgram('moto_server')) {
    return 'moto_server is not installed: pip install "moto[server]"';
  }
  const { status, error } = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' });
  return status === 0
    ? undefined
    : `python3 has no boto3${error ? ` (${error.message})` : ''}: pip install boto3`;
}

const REGION = 'eu-central-1';

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_DEFAULT_REGION: REGION,
  AWS_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: 'true',
  // Whatever this machine has configured for AWS must not matter.
  AWS_PROFILE: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

/** The names that the plugin gives to the services it may be asked for. */
const SERVICES = [
  ...['acm', 'applicationautoscaling', 'autoscaling', 'cloudformation', 'cloudwatch', 'ec2'],
  ...['ecr', 'ecs', 'elasticache', 'elbv2', 'iam', 'kms', 'logs', 'route53', 's3'],
  ...['secretsmanager', 'servicediscovery', 'sns', 'ssm', 'sts'],
];

export class MotoServer {
  static async start(): Promise<MotoServer> {
    const port = await freePort();
    const server = startChild({
      name: 'moto',
      command: 'python3',
      args: [join(__dirname, 'emulator.py'), '-H', '127.0.0.1', '-p', String(port)],
      environment: {
        MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
        // Else no service would ever be stable.
        MOTO_ECS_SERVICE_RUNNING: '1',
      },
    });
    await server.waitForUrl(`http://127.0.0.1:${port}/moto-api/data.json`, 30_000);
    return new MotoServer(server, `http://127.0.0.1:${port}`);
  }

  private constructor(
    private readonly server: Child,
    readonly url: string,
  ) {}

  /** What the plugin's `provider` block has to say to come here. */
  get provider(): Attributes {
    return {
      region: REGION,
      access_key: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secret_key: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
      skip_credentials_validation: true,
      skip_metadata_api_check: true,
      skip_region_validation: true,
      // Else a rule about a security group of the same account looks like one of another.
      skip_requesting_account_id: false,
      s3_use_path_style: true,
      // A busy emulator drops a connection now and then. What it cannot do it answers with a 500, which would be tried
      // again for minutes by default.
      max_retries: 4,
      endpoints: [Object.fromEntries(SERVICES.map((service) => [service, this.url]))],
    };
  }

  /** Asks boto3: `[service, operation, parameters]` each. Times and bodies come as texts. */
  ask(calls: readonly (readonly [string, string, Attributes])[]): unknown[] {
    const { status, stdout, stderr } = spawnSync('python3', ['-c', ASK, this.url], {
      input: JSON.stringify(calls),
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, ...CREDENTIALS },
    });
    if (status !== 0) {
      throw new Error(`boto3: ${stderr}`);
    }
    return JSON.parse(stdout) as unknown[];
  }

  /** An object in a bucket. */
  read(bucket: string, key: string): string {
    const [text] = this.ask([['s3', 'get_object', { Bucket: bucket, Key: key }]]);
    return (text as { readonly Body: string }).Body;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

const ASK = `
import json, sys, boto3

def plain(value):
    return value.read().decode() if hasattr(value, 'read') else str(value)

print(json.dumps([
    getattr(boto3.client(service, endpoint_url=sys.argv[1]), operation)(**parameters)
    for service, operation, parameters in json.load(sys.stdin)
], default=plain))
`;
