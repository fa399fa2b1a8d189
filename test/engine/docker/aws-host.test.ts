// The release of a slot beside a real Docker Engine: what the host's programs ask of Docker is what Docker does. Only
// the registry and the log driver, which need AWS, are left out.
import {
  slotReleaseScript,
  type SlotRelease,
} from '../../../lib/platform/aws/hosts/programs/slot-release';
import { describeOnHost, HostBed } from '../../support/aws/host/host-bed';
import { cleanUp } from '../../support/machine/clean-up';
import { describeWithEngine } from '../../support/docker/engine';
import type { ImageName } from '../../support/docker/image-recipes';
import { ensureImages, imageProblem } from '../../support/docker/images';
import { freePort } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const image: ImageName = 'aiwm-test/node-chat:1';
const name = 'aiwm-instance';

/** What `docker inspect` says, as far as it is looked at. */
interface Container {
  readonly Id: string;
  readonly Image: string;
  readonly Config: { readonly Env: readonly string[] };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly SecurityOpt: readonly string[];
    readonly Init: boolean;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly Privileged: boolean;
    readonly Tmpfs: Record<string, string>;
  };
}

describeOnHost('beside a real Engine', () => {
  describeWithEngine('a slot', (engine) => {
    const problem = imageProblem(image);
    if (problem) {
      test.skip(`images: ${problem}`, () => {});
      return;
    }

    /** Docker itself, without words that need AWS, and one that needs more rights than a sandbox gives. */
    const docker = `#!/bin/sh
[ "$1" != pull ] || exit 0
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    --log-driver | --log-opt | --ulimit) shift; count=$((count - 1)) ;;
    *) set -- "$@" "$word" ;;
  esac
done
PATH='${process.env.PATH}'
export PATH
exec docker "$@"
`;

    let bed: HostBed;
    let port: number;
    const url = () => `http://127.0.0.1:${port}/health`;
    const release = (own: Record<string, string> = {}): SlotRelease => ({
      image,
      port: [port],
      environment: [{ PORT: String(port), HOST: '0.0.0.0', QUOTES: `a "b" 'c' $d`, ...own }],
      secrets: { TOKEN: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:token' },
      health: {
        path: '/health',
        timeoutMs: 1000,
        failures: 2,
        intervalMs: 500,
        startTimeoutMs: 20_000,
      },
      stopGraceSeconds: 5,
      memory: '256m',
      cpus: 0.5,
      logGroup: '/aiwm/dev/chat',
      region: 'eu-central-1',
      metric: { namespace: 'AIWM', cluster: 'dev-chat' },
    });
    const deliver = (what: SlotRelease) =>
      bed.run(slotReleaseScript(), {
        ...engine.environment,
        AIWM_REGION: 'eu-central-1',
        AIWM_BUCKET: 'the-bucket',
        ...bed.putObject('release.json', JSON.stringify(what)),
      });

    beforeAll(async () => {
      await ensureImages(engine, image);
      bed = await HostBed.start({ docker }, engine.environment);
      port = await freePort();
      bed.write('etc/aiwm/slot', '1\n');
      bed.write('etc/aiwm/ready', '');
      bed.putSecret('token', 'first line\nsecond line');
    });
    afterAll(async () => {
      await bed.systemd.close();
      await engine.docker('rm', '--force', name).catch(() => {});
    });

    test('runs a release, hardened and with its secrets', async () => {
      expect(await deliver(release())).toEqual({
        code: 0,
        output: expect.stringMatching(/^aiwm: slot 1 runs release \w+\n$/),
      });
      expect(await request(url())).toMatchObject({ status: 200 });
      const { Config, HostConfig, Image } = await engine.inspect<Container>(name);
      expect(Config.Env).toEqual(
        expect.arrayContaining([
          `PORT=${port}`,
          `QUOTES=a "b" 'c' $d`,
          'TOKEN=first line\nsecond line',
        ]),
      );
      expect(HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Init: true,
        Privileged: false,
        Memory: 256 * 1024 * 1024,
        NanoCpus: 500_000_000,
        Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=67108864,mode=1777' },
      });
      expect(Image).toMatch(/^sha256:\w{64}$/);
    });

    test('takes another release after a graceful end', async () => {
      const { Id } = await engine.inspect<Container>(name);
      expect(await deliver(release({ NEWS: '1' }))).toMatchObject({ code: 0 });
      const now = await engine.inspect<Container>(name);
      expect(now.Id).not.toBe(Id);
      expect(now.Config.Env).toContain('NEWS=1');
      expect(bed.systemd.calls).toContain('stop aiwm-instance.service');
    });

    test('ends an instance whose event loop is stuck, and starts it again', async () => {
      const { Id } = await engine.inspect<Container>(name);
      await waitFor(
        () => bed.systemd.pid('aiwm-instance.service'),
        5_000,
        'the service has a process',
      );
      await engine.docker('kill', '--signal', 'USR2', name);
      const again = await waitFor(
        async () => {
          const now = await engine.inspect<Container>(name);
          return now.Id === Id ? undefined : now;
        },
        // One that is stuck before the program has seen it well is given the time of a start.
        release().health.startTimeoutMs + 20_000,
        'another container',
      );
      expect(again.Config.Env).toContain('TOKEN=first line\nsecond line');
      await waitFor(async () => (await request(url())).status === 200, 10_000, 'it is well');
    });

    test('goes back when a release never gets well', async () => {
      const { health } = release();
      const sick = {
        ...release({ NEWS: '2' }),
        health: { ...health, path: '/nothing-here', startTimeoutMs: 2000 },
      };
      expect(await deliver(sick)).toEqual({
        code: 1,
        output: expect.stringContaining('the one before is back'),
      });
      expect(await request(url())).toMatchObject({ status: 200 });
      expect((await engine.inspect<Container>(name)).Config.Env).toContain('NEWS=1');
    });

    test('leaves no container behind when it is stopped', async () => {
      expect(await bed.run('systemctl stop aiwm-instance.service')).toMatchObject({ code: 0 });
      expect(await engine.docker('ps', '--all', '--quiet', '--filter', `name=${name}`)).toBe('');
    });
  });
});
