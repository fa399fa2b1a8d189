// A real Redis Cluster: three masters, each with a third of the slots.
import { randomBytes } from 'node:crypto';
import { freePorts } from '../machine/free-ports';
import { RedisBed } from './redis-bed';
import { waitFor } from '../machine/wait';

const SHARES = ['0 5460', '5461 10922', '10923 16383'];

export class RedisClusterBed {
  static async start(): Promise<RedisClusterBed> {
    // A URL cannot hold this one as it is.
    const cluster = new RedisClusterBed(`${randomBytes(12).toString('hex')}/@%`);
    for (const share of SHARES) {
      const node = await cluster.startNode();
      await node.command(`CLUSTER ADDSLOTSRANGE ${share}`);
    }
    const isWhole = async () =>
      (await cluster.ask('CLUSTER INFO')).every((info) => info.includes('cluster_state:ok'));
    await waitFor(isWhole, 15_000, 'the nodes have not become a cluster');
    return cluster;
  }

  readonly nodes: RedisBed[] = [];

  private constructor(readonly password: string) {}

  /** What an instance gets as REDIS_URL: one node is enough to find the others. */
  get url(): string {
    return this.nodes[0]!.url;
  }

  /** Somebody to take over from a master that is lost. */
  async startReplica(master: RedisBed): Promise<void> {
    const [, id] = /^([0-9a-f]{40})\r$/m.exec(await master.command('CLUSTER MYID')) ?? [];
    const replica = await this.startNode();
    // It has to hear of the master first.
    const follows = async () =>
      /^\+OK\r\n\+OK/.test(await replica.command(`CLUSTER REPLICATE ${id}`));
    await waitFor(follows, 5_000, 'the replica does not know its master');
    // It takes over only what it knows to be its master's, and only where the others know it to be the replica.
    const isKnown = async () =>
      (await replica.command('ROLE')).includes('connected') &&
      (await replica.command('CLUSTER INFO')).includes('cluster_state:ok') &&
      (await this.ask('CLUSTER NODES')).every((nodes) => nodes.includes(`slave ${id}`));
    await waitFor(isKnown, 15_000, 'the replica is not ready to take over');
  }

  /** The channels of sharded pub/sub that somebody listens to, by node. */
  async shardChannels(): Promise<string[][]> {
    const answers = await this.ask('PUBSUB SHARDCHANNELS');
    return answers.map((answer) => answer.match(/^socket\.io#.*#$/gm) ?? []);
  }

  /** How many clients listen to a channel of sharded pub/sub. */
  async shardSubscribers(channel: string): Promise<number> {
    const answers = await this.ask(`PUBSUB SHARDNUMSUB ${channel}`);
    return sum(answers.map((answer) => /^:(\d+)\r$/m.exec(answer)?.[1]));
  }

  /** How many channels and patterns of classic pub/sub somebody listens to. */
  async classicSubscriptions(): Promise<number> {
    const answers = [...(await this.ask('PUBSUB CHANNELS')), ...(await this.ask('PUBSUB NUMPAT'))];
    return sum(answers.map((answer) => /^[*:](\d+)\r$/m.exec(answer)?.[1]));
  }

  /** How many events the nodes have passed on to each other, as classic pub/sub does with each. */
  async eventsBetweenNodes(): Promise<number> {
    const answers = await this.ask('CLUSTER INFO');
    return sum(
      // Left out while there is none.
      answers.map((info) => /^cluster_stats_messages_publish_sent:(\d+)/m.exec(info)?.[1] ?? '0'),
    );
  }

  private async startNode(): Promise<RedisBed> {
    const [port, busPort] = await freePorts(2);
    const node = await RedisBed.start({
      port,
      password: this.password,
      configuration: [
        'cluster-enabled yes',
        `cluster-port ${busPort}`,
        'cluster-announce-ip 127.0.0.1',
        // A master that is silent for as long is lost.
        'cluster-node-timeout 1000',
        `masterauth ${this.password}`,
        'repl-diskless-sync-delay 0',
      ],
    });
    await this.nodes[0]?.command(`CLUSTER MEET 127.0.0.1 ${port} ${busPort}`);
    this.nodes.push(node);
    return node;
  }

  private ask(command: string): Promise<string[]> {
    return Promise.all(this.nodes.map((node) => node.command(command)));
  }
}

function sum(counts: readonly (string | undefined)[]): number {
  return counts.reduce((total, count) => total + Number(count), 0);
}
