// What a host of AWS has beside the files of this machine: cloud-init's unit, stand-ins of what asks the network, and
// the document of Systems Manager as its agent runs it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../stack/addresses';
import type { Ran } from './host-bed';
import { SystemdMachine, type Files } from './systemd-machine';

const text = (name: string) => readFileSync(join(__dirname, name), 'utf8');

/** As Amazon Linux has it: once in the life of a host, and as a part of its boot. */
const cloudInit = `[Unit]
After=network-online.target time-sync.target
Wants=network-online.target
ConditionPathExists=!/srv/has-booted

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
ExecStart=/bin/bash /srv/user-data
ExecStartPost=/bin/touch /srv/has-booted
`;

const STAND_INS: Files = {
  '/srv/aws.sh': text('aws.sh'),
  '/srv/aws/calls': '',
  '/usr/bin/aws': '#!/bin/sh\nAIWM_ROOT=/srv exec /bin/sh /srv/aws.sh "$@"\n',
  '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl':
    '#!/bin/sh\necho "$*" > /srv/agent\n',
  // A folder of dnf's.
  '/etc/yum.repos.d/amazonlinux.repo': '',
  '/usr/bin/rpm': '#!/bin/sh\nexit 1\n',
  // Notes what is asked for, all of which is there. The services of packages may run already.
  '/usr/bin/dnf': `#!/bin/sh
echo "$*" >> /srv/dnf
case $* in *nginx*) systemctl enable --now nginx.service ;; esac
`,
};

/** A document of Systems Manager: its script without values, and those that the association always gives. */
export interface Document {
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The document for a front ("Frontend") of a stack. */
export function documentFor(stack: SynthesizedStack, of: string): Document {
  const { content } = byConstruct(stack, 'aws_ssm_document')[`${of}_Delivery_Document`]!;
  const { parameters } = byConstruct(stack, 'aws_ssm_association')[`${of}_Delivery_Association`]!;
  const { mainSteps } = JSON.parse((content as string).replace(/([$%])\1\{/g, '$1{')) as {
    mainSteps: { inputs: { runCommand: string[] } }[];
  };
  return {
    script: mainSteps[0]!.inputs.runCommand.join('\n'),
    parameters: parameters as Record<string, string>,
  };
}

/** A host of AWS under a real systemd. */
export class AwsMachine {
  /**
   * @param userData - in base64, as AWS gets it
   * @param files - what else is there
   */
  static async firstBoot(
    userData: unknown,
    document: Document,
    files: Files = {},
  ): Promise<AwsMachine> {
    const machine = await SystemdMachine.boot({
      ...STAND_INS,
      '/usr/lib/systemd/system/cloud-final.service': cloudInit,
      '/usr/lib/systemd/system/multi-user.target.d/cloud-init.conf':
        '[Unit]\nWants=cloud-final.service\n',
      '/srv/user-data': Buffer.from(userData as string, 'base64').toString(),
      ...files,
    });
    return new AwsMachine(machine, document);
  }

  private constructor(
    readonly machine: SystemdMachine,
    private readonly document: Document,
  ) {}

  /** Puts a release into the bucket and delivers it; `sha256` when it is to be another one's. */
  async deliver(release: string, { sha256 = '' } = {}): Promise<Ran> {
    const own = createHash('sha256').update(release).digest('hex');
    const key = 'nginx/front/release.conf';
    const version = `version-${own.slice(0, 8)}`;
    await this.machine.write(`/srv/aws/objects/${key}/${version}`, release);
    const values: Record<string, string> = {
      ...this.document.parameters,
      Region: 'eu-central-1',
      Bucket: 'the-bucket',
      Key: key,
      Version: version,
      Sha256: sha256 || own,
    };
    const script = this.document.script.replace(
      /\{\{ (\w+) \}\}/g,
      (_, name: string) => values[name]!,
    );
    return this.machine.runAsService(script);
  }

  /** A secret by its ARN. */
  async putSecret(arn: string, value: unknown): Promise<void> {
    const secret = { SecretString: JSON.stringify(value) };
    await this.machine.write(secretFile(arn), JSON.stringify(secret));
  }

  async removeSecret(arn: string): Promise<void> {
    await this.machine.ask(`rm ${secretFile(arn)}`);
  }

  /** Calls of the AWS CLI of one service. */
  async awsCalls(service: string): Promise<string[]> {
    const calls = await this.machine.ask('cat /srv/aws/calls');
    return calls.split('\n').filter((line) => line.startsWith(service));
  }

  /** What systemd has to say about the units of ours that are there. */
  async complaints(): Promise<string> {
    return (await this.machine.run('systemd-analyze verify /etc/systemd/system/aiwm-*')).output;
  }

  /** Units of a host that have failed since the boot, and orders that systemd could not keep to. */
  async failures(): Promise<string> {
    return this.machine.ask(
      "journalctl --boot --output cat _PID=1 | grep -E '^(aiwm-|cloud-final).*Failed with result|ordering cycle' || :",
    );
  }
}

function secretFile(arn: string): string {
  return `/srv/aws/secrets/${arn.split(':').at(-1)}`;
}
