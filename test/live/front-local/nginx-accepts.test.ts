// What the generator renders is taken by real nginx, of each version that is here, and means there what it means here.
import fc from 'fast-check';
import { block, directive } from '../../../lib/nginx/directive';
import { print } from '../../../lib/nginx/print';
import { LocalRedisStack } from '../../../examples/local-redis';
import { LocalStack } from '../../../examples/local';
import { DockerSwarmStack } from '../../../examples/docker-swarm';
import { isAtLeast, parseVersion, RESOLVE_PARAMETER } from '../../../lib/nginx/version';
import { synthesizeStack } from '../../../lib/testing';
import { acceptedFront, buildFront } from '../../support/front/accepted-front';
import { testCertificate } from '../../support/front/certificate';
import { request } from '../../support/front/http';
import { NginxBed } from '../../support/front/nginx-bed';
import { nginxBinaries, type NginxBinary } from '../../support/machine/nginx-binaries';
import { Estate } from '../../support/stack/site';

const SAMPLES = 100;

const { available, missing } = nginxBinaries();

function files(): Record<string, string> {
  const { certificate, key } = testCertificate('chat.example.org');
  return {
    'release.conf': 'return 200 "test\\n";\n',
    'tls/certificate.pem': certificate,
    'tls/key.pem': key,
  };
}

/** Configurations that are refused, or taken with a warning that means something to the user. */
function complaints(
  nginx: NginxBinary,
  texts: readonly string[],
  harmless: readonly RegExp[] = HARMLESS,
): string[] {
  const included = files();
  return nginx
    .checkConfigurations(texts.map((text) => ({ text, files: included })))
    .flatMap(({ ok, output }, index) => {
      const lines = output
        .split('\n')
        .filter((line) => /\[(emerg|alert|crit|error|warn)\]/.test(line));
      const serious = lines.filter((line) => !harmless.some((each) => each.test(line)));
      return ok && serious.length === 0 ? [] : [`${output}\n${numbered(texts[index]!)}`];
    });
}

/** Said of this machine or of the random values, not of how they were rendered. */
const HARMLESS = [
  /worker_connections exceed open file resource limit/,
  /low address bits of .* are meaningless/,
  /the "user" directive makes sense only/,
];

function numbered(text: string): string {
  return text
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(4)}  ${line}`)
    .join('\n');
}

describe.each(available.map((nginx) => [nginx.version, nginx] as const))('nginx %s', (_, nginx) => {
  test('takes the examples', () => {
    const texts = [
      synthesizeStack((app) => new LocalStack(app, 'local')).configuration(),
      synthesizeStack((app) => new LocalRedisStack(app, 'local-redis')).configuration(),
    ];
    // They are written for nginx 1.22, where HTTP/2 is still a word of listen.
    expect(complaints(nginx, texts, [...HARMLESS, /"listen \.\.\. http2" .* deprecated/])).toEqual(
      [],
    );
  });

  const looksUpNames = isAtLeast(parseVersion(nginx.version)!, RESOLVE_PARAMETER);

  test(`${looksUpNames ? 'takes' : 'refuses'} a front that looks names up again`, () => {
    const text = synthesizeStack((app) => new DockerSwarmStack(app, 'docker-swarm'))
      .configuration()
      // Written for a container, which is tested here without one.
      .replaceAll('/run/aiwm-tls/', 'tls/')
      .replaceAll('/tmp/', '');
    const said = complaints(nginx, [text]);
    if (looksUpNames) {
      expect(said).toEqual([]);
    } else {
      expect(said.join()).toContain('invalid parameter "resolve"');
    }
  });

  test(`takes ${SAMPLES} fronts of all kinds`, () => {
    const seed = Date.now() % 2 ** 31;
    const estate = new Estate();
    const texts = fc.sample(acceptedFront, { numRuns: SAMPLES, seed }).map((asked) =>
      estate.build(
        (site) =>
          buildFront(site, {
            ...asked,
            // IPv6 is not on every machine.
            platform: { ...asked.platform, addresses: ['127.0.0.1'] },
            props: { ...asked.props, nginxVersion: nginx.version },
          }).configuration,
      ),
    );
    const refused = complaints(nginx, texts);
    if (refused.length > 0) {
      throw new Error(`${refused.length} of ${SAMPLES} (seed ${seed}), the first:\n${refused[0]}`);
    }
  });
});

for (const { name, reason } of missing) {
  test.skip(`nginx ${name}: ${reason}`, () => {});
}

const machine = available.find(({ name }) => name === 'machine');

(machine ? test : test.skip)('nginx reads each word as it was meant', async () => {
  const word = fc
    .array(
      fc.oneof(
        fc.constantFrom(...';{}"\'\\#()=~* ntr'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join(''))
    // eslint-disable-next-line no-control-regex -- what is refused; "$" would be a variable
    .filter((text) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029$]|%\{|\p{Surrogate}/u.test(text));
  const words = fc.sample(word, 300);
  const configuration = print([
    directive('pid', 'nginx.pid'),
    directive('error_log', 'logs/error.log'),
    block('events', [], []),
    block(
      'http',
      [],
      [
        directive('access_log', 'off'),
        block(
          'server',
          [],
          [
            directive('listen', 'unix:words.sock'),
            ...words.map((text, index) =>
              block('location', ['=', `/${index}`], [directive('return', 200, text)]),
            ),
          ],
        ),
      ],
    ),
  ]);
  const nginx = await NginxBed.start({ configuration });
  try {
    const read = [];
    for (const index of words.keys()) {
      const { body } = await request(`http://localhost/${index}`, {
        socketPath: `${nginx.prefix}/words.sock`,
      });
      read.push(body);
    }
    expect(read).toEqual(words);
  } finally {
    await nginx.stop();
  }
});
