// Three WebSocket servers in processes of their own, which tests kill, stop and drive to the wall: sharp-server.cjs.
import { join } from 'node:path';
import { freePorts } from '../machine/free-ports';
import { startChild, type Child } from '../machine/process';

export class SharpServer {
  private child: Child | undefined;

  constructor(
    readonly name: string,
    readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.child = startChild({
      name: `server ${this.name}`,
      command: process.execPath,
      args: [join(__dirname, 'sharp-server.cjs')],
      environment: { NAME: this.name, PORT: String(this.port), ...this.environment },
    });
    await this.child.waitForLine(/up/);
  }

  async kill(): Promise<void> {
    await this.child?.kill();
  }

  pause(): void {
    this.child?.signal('SIGSTOP');
  }

  resume(): void {
    this.child?.signal('SIGCONT');
  }
}

export async function startSharpServers({ closesPlain = false } = {}): Promise<SharpServer[]> {
  const environment = closesPlain ? { CLOSES_PLAIN: '1' } : undefined;
  const ports = await freePorts(3);
  const servers = ports.map(
    (port, index) => new SharpServer(String(index + 1), port, environment ?? {}),
  );
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}
