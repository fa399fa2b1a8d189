// The nginx.conf of the AWS examples, taken without a word by every nginx here that knows what it is written for.
import { isAtLeast, parseVersion } from '../../../lib/nginx/version';
import { example, exampleNames } from '../../support/aws/examples';
import { testCertificate } from '../../support/front/certificate';
import { nginxBinaries } from '../../support/machine/nginx-binaries';

/** The first that looks names up again. */
const NEEDED = parseVersion('1.27.3')!;

const { available, missing } = nginxBinaries();
const fitting = available.filter(({ version }) => isAtLeast(parseVersion(version)!, NEEDED));

for (const nginx of fitting) {
  test.each(exampleNames)(`nginx ${nginx.version} takes %s`, (name) => {
    const text = example(name)
      .configuration()
      // Where the files of this test are.
      .replaceAll('/var/log/nginx/', 'logs/')
      .replaceAll('/run/aiwm-nginx.pid', 'nginx.pid');
    const { certificate, key } = testCertificate('chat.example.org');
    const { ok, output } = nginx.checkConfiguration(text, {
      'release.conf': 'return 200 "test\\n";\n',
      'tls/certificate.pem': certificate,
      'tls/key.pem': key,
    });
    const complaints = output
      .split('\n')
      .filter((line) => /\[(emerg|alert|crit|error|warn)\]/.test(line))
      // Said of this machine.
      .filter((line) => !line.includes('worker_connections exceed open file resource limit'));
    expect({ ok, complaints }).toEqual({ ok: true, complaints: [] });
  });
}

if (fitting.length === 0 && missing.length === 0) {
  test.skip('no nginx here is new enough: npm run setup', () => {});
}
for (const { name, reason } of missing) {
  test.skip(`nginx ${name}: ${reason}`, () => {});
}
