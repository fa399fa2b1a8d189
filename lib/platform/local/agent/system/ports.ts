import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import { basename } from 'node:path';
import { codeOf } from './agent-error';
import { pidsOfProc } from './process-table';
import type { Endpoint } from './text';

/** Process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** Code of the error that listening on an endpoint meets (EADDRINUSE, EACCES, …); undefined if the endpoint is free. */
export function bindFailure({ address, port }: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error) ?? error.message));
    server.listen({ host: address, port, exclusive: true, ipv6Only: isIPv6(address) }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

/**
 * Processes that listen on a port, as far as this user may see them.
 *
 * @param among - ids of the processes to look at; looking at all can take seconds if one of them has a hundred thousand
 * connections
 */
export function portHolders(port: number, among?: readonly number[]): PortHolder[] {
  try {
    return process.platform === 'linux' ? holdersByProc(port, among) : holdersByLsof(port, among);
  } catch {
    return [];
  }
}

function holdersByProc(port: number, among: readonly number[] = pidsOfProc()): PortHolder[] {
  const inodes = new Set(
    ['tcp', 'tcp6'].flatMap((table) => listeningInodes(`/proc/net/${table}`, port)),
  );
  if (inodes.size === 0) {
    return [];
  }
  return among.filter((pid) => holdsSocket(pid, inodes)).map((pid) => ({ pid, name: nameOf(pid) }));
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  let content: string;
  try {
    content = readFileSync(table, 'latin1');
  } catch {
    // A kernel without IPv6 has no tcp6.
    return [];
  }
  return content
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local, , state]) => state === LISTEN && parseInt(local?.split(':')[1] ?? '', 16) === port,
    )
    .map((fields) => `socket:[${fields[9]}]`);
}

function holdsSocket(pid: number, sockets: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** Program and, for an interpreter, its script. The whole command line may contain passwords. */
function nameOf(pid: number): string {
  const [program, script] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const name = basename((program ?? '').split(' ')[0] ?? '').replace(/:$/, '');
  return script && !script.startsWith('-') ? `${name} ${script}` : name;
}

function holdersByLsof(port: number, among?: readonly number[]): PortHolder[] {
  const selection = among ? ['-a', '-p', among.join()] : [];
  const socket = [`-iTCP:${port}`, '-sTCP:LISTEN'];
  const output = execFileSync('lsof', ['-nP', ...selection, ...socket, '-Fpc'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // Lines "p<pid>" and "c<command>" alternate.
  return [...output.matchAll(/^p(\d+)\nc(.*)$/gm)].map(([, pid, name]) => ({
    pid: Number(pid),
    name: name ?? '',
  }));
}
