import { isIPv6 } from 'node:net';

/** Address and port to listen on or to connect to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Reports a line of progress to the reader of Terraform's output. */
export type Report = (line: string) => void;

/** Time span in words: 40 is "40 ms", 640 is "0.6 s", 60000 is "60 s". */
export function seconds(milliseconds: number): string {
  if (milliseconds < 100) {
    return `${Math.round(milliseconds)} ms`;
  }
  const value = milliseconds / 1000;
  return `${value < 10 && milliseconds % 1000 !== 0 ? value.toFixed(1) : Math.round(value)} s`;
}

/** Address and port as in a URL. */
export function hostAndPort({ address, port }: Endpoint): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** Endpoint at which clients on this machine reach a server that listens on another one. */
export function clientEndpoint({ address, port }: Endpoint): Endpoint {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { address: loopback[address] ?? address, port };
}

/** Output of a program, set off from the agent's own text. */
export function quote(lines: readonly string[]): string {
  return lines.map((line) => `    | ${line}`).join('\n');
}

/** Lines without confidential values. */
export function redact(lines: readonly string[], confidential: readonly string[]): string[] {
  // A short value would hide ordinary words, and is no secret worth the name.
  const hidden = confidential.filter((value) => value.length >= 6);
  return lines.map((line) => hidden.reduce((text, value) => text.split(value).join('***'), line));
}

/** First of many names, for a message. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
