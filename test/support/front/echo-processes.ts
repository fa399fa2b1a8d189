// Echo servers in processes of their own, for more WebSockets than one process may hold at both ends.
import { join } from 'node:path';
import { freePorts } from '../machine/free-ports';
import { startChild, type Child } from '../machine/process';

const script = `
  const { EchoServer } = require('./test/support/front/echo-server');
  const [port] = process.argv.slice(1);
  EchoServer.start({ port: Number(port) }).then((server) => {
    console.log('listening');
    process.on('SIGUSR2', () => console.log('open', server.webSockets.size, 'end'));
  });
`;

export class EchoProcesses {
  static async start(count: number): Promise<EchoProcesses> {
    const ports = await freePorts(count);
    const children = ports.map((port) =>
      startChild({
        name: `echo server ${port}`,
        command: process.execPath,
        args: ['--import', 'tsx', '-e', script, String(port)],
        cwd: join(__dirname, '../../..'),
      }),
    );
    await Promise.all(children.map((child) => child.waitForLine(/listening/, 30_000)));
    return new EchoProcesses(ports, children);
  }

  private constructor(
    private readonly ports: readonly number[],
    private readonly children: readonly Child[],
  ) {}

  get addresses(): string[] {
    return this.ports.map((port) => `127.0.0.1:${port}`);
  }

  /** How many WebSockets each of them has open. To be asked once. */
  openWebSockets(): Promise<number[]> {
    return Promise.all(
      this.children.map(async (child) => {
        child.signal('SIGUSR2');
        const [, open] = await child.waitForLine(/open (\d+) end/);
        return Number(open);
      }),
    );
  }
}
