// Ports for servers that a test starts. They are taken below the range from which the kernel gives ports to outgoing
// connections: one from that range could be in use again, as the near end of some connection, before the server starts.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

const first = 10_000;

/** Free ports of 127.0.0.1, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    // All are held until the last is found.
    for (let tries = 0; ports.length < count; tries += 1) {
      giveUpAfter(tries, 50 * count);
      const port = randomInt(first, endOfRange());
      const server = await tryBind(port);
      if (server) {
        servers.push(server);
        ports.push(port);
      }
    }
  } finally {
    await release(servers);
  }
  return ports;
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** The first of `count` free ports that follow one another, as `firstPort` of a cluster wants them. */
export async function freePortBlock(count: number): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    giveUpAfter(tries, 200);
    const start = randomInt(first, endOfRange() - count);
    const servers: Server[] = [];
    try {
      for (let port = start; port < start + count; port += 1) {
        const server = await tryBind(port);
        if (!server) {
          break;
        }
        servers.push(server);
      }
      if (servers.length === count) {
        return start;
      }
    } finally {
      await release(servers);
    }
  }
}

function endOfRange(): number {
  const usual = 32_768;
  try {
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const start = Number(range.split(/\s+/)[0]);
    // A machine that hands out nearly all ports leaves no choice.
    return start > first + 2_000 ? start : usual;
  } catch {
    return usual;
  }
}

async function tryBind(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

async function release(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
}

function giveUpAfter(tries: number, limit: number): void {
  if (tries > limit) {
    throw new Error(`no free ports found between ${first} and ${endOfRange()}`);
  }
}
