// A stand-in for Secrets Manager and the parameters of Systems Manager: the values that ECS reads when it starts a task.

/** Parts of `valueFrom` for a secret: the ARN itself has seven, then key, stage and version may follow. */
const ARN_PARTS = 7;

export class SecretStore {
  private readonly values = new Map<string, string>();

  /** The current value of a secret or a parameter, by its ARN. */
  set(arn: string, value: string): void {
    this.values.set(arn, value);
  }

  /** @throws Error as ECS does when it cannot start a task for that: ResourceInitializationError */
  read(valueFrom: string): string {
    if (/^arn:aws:ssm:[^:]+:\d+:parameter\//.test(valueFrom)) {
      return this.valueOf(valueFrom);
    }
    const parts = valueFrom.split(':');
    if (
      !/^arn:aws:secretsmanager:[^:]+:\d+:secret:/.test(valueFrom) ||
      ![7, 10].includes(parts.length)
    ) {
      return fail(`${valueFrom} is neither arn, nor arn:key:stage:version, nor a parameter`);
    }
    const value = this.valueOf(parts.slice(0, ARN_PARTS).join(':'));
    const [key = '', stage = '', version = ''] = parts.slice(ARN_PARTS);
    if (version !== '' || (stage !== '' && stage !== 'AWSCURRENT')) {
      return fail(`${valueFrom} asks for a version that is not the current one`);
    }
    if (key === '') {
      return value;
    }
    const member = (JSON.parse(value) as Record<string, unknown>)[key];
    return typeof member === 'string' ? member : fail(`${valueFrom} has no such key`);
  }

  private valueOf(arn: string): string {
    return this.values.get(arn) ?? fail(`${arn} does not exist`);
  }
}

function fail(problem: string): never {
  throw new Error(`ResourceInitializationError: ${problem}`);
}
