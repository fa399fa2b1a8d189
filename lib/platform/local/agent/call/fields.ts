import { isIP } from 'node:net';
import { AgentError } from '../system/agent-error';

/**
 * Reader of one object of a specification.
 *
 * Its errors name the verb, the property, the value and what is allowed. A value is shown only where it cannot be a
 * secret.
 */
export class Fields {
  private readonly values: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly where: string,
    allowed: readonly string[],
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new AgentError(`${where} is ${kindOf(value)}, but must be an object.`);
    }
    const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
    if (unknown.length > 0) {
      throw new AgentError(
        `${where} has the unknown ${unknown.map((key) => JSON.stringify(key)).join(', ')}; ` +
          `allowed are ${allowed.join(', ')}.`,
      );
    }
    this.values = value as Record<string, unknown>;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  raw(key: string): unknown {
    return this.values[key];
  }

  /** Name of a property in messages. */
  name(key: string): string {
    return `${this.where}: ${key}`;
  }

  text(key: string): string {
    return text(this.values[key], this.name(key));
  }

  /** Name of a unit, which is also the name of its files. */
  unit(key: string): string {
    return unitName(this.values[key], this.name(key));
  }

  integer(key: string, minimum: number, maximum: number): number {
    const value = this.values[key];
    if (
      typeof value !== 'number' ||
      !Number.isInteger(value) ||
      value < minimum ||
      value > maximum
    ) {
      throw new AgentError(
        `${this.name(key)} is ${show(value)}, but must be a whole number from ${minimum} to ${maximum}.`,
      );
    }
    return value;
  }

  port(key: string): number {
    return this.integer(key, 1, 65_535);
  }

  address(key: string): string {
    const value = this.text(key);
    const address = value === '*' ? '0.0.0.0' : value.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) === 0 && address !== 'localhost') {
      throw new AgentError(
        `${this.name(key)} is ${show(value)}, but must be an IP address of this machine, or localhost.`,
      );
    }
    return address;
  }

  list(key: string): unknown[] {
    const value = this.values[key];
    if (!Array.isArray(value)) {
      throw new AgentError(`${this.name(key)} is ${kindOf(value)}, but must be a list.`);
    }
    return value;
  }

  texts(key: string): string[] {
    return this.list(key).map((value, index) => text(value, `${this.name(key)}[${index}]`));
  }

  /** Object whose keys are names of environment variables; empty if the property is absent. */
  variables<Value>(key: string, read: (value: unknown, where: string) => Value) {
    const value = this.values[key] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new AgentError(`${this.name(key)} is ${kindOf(value)}, but must be an object.`);
    }
    const result: Record<string, Value> = {};
    for (const [name, each] of Object.entries(value)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw new AgentError(
          `${this.name(key)} has ${show(name)}, but the name of an environment variable ` +
            'consists of letters, digits and underscores and does not begin with a digit.',
        );
      }
      result[name] = read(each, `${this.name(key)}.${name}`);
    }
    return result;
  }
}

/** Name that no unit may have, since the supervisor's log lies beside the logs of the units. */
export const SUPERVISOR = 'supervisor';

export function unitName(value: unknown, where: string): string {
  if (typeof value !== 'string' || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(value)) {
    throw new AgentError(
      `${where} is ${show(value)}, but must be 1 to 63 lower-case letters, digits and hyphens, ` +
        'not beginning with a hyphen, because files are named after it.',
    );
  }
  if (value === SUPERVISOR) {
    throw new AgentError(`${where} is "${SUPERVISOR}", which is reserved for the agent.`);
  }
  return value;
}

export function text(value: unknown, where: string): string {
  if (typeof value !== 'string') {
    throw new AgentError(`${where} is ${kindOf(value)}, but must be a string.`);
  }
  if (value.includes('\0')) {
    throw new AgentError(`${where} contains a NUL character, which cannot be passed to a program.`);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) {
    return 'missing';
  }
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

function show(value: unknown): string {
  if (value === undefined || value === null) {
    return 'missing';
  }
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
