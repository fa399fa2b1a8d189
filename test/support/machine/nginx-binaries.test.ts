import { nginxBinaries } from './nginx-binaries';

const { available, missing } = nginxBinaries();
const sound = [
  'pid nginx.pid;',
  'error_log logs/error.log;',
  'events {}',
  'http { include release.conf; }',
  '',
].join('\n');

describe.each(available.map((nginx) => [nginx.name, nginx] as const))('nginx %s', (name, nginx) => {
  test('is the version that its name says', () => {
    expect(name === 'machine' ? nginx.version : nginx.version.slice(0, name.length)).toMatch(
      name === 'machine' ? /^1\.\d+\.\d+$/ : name,
    );
  });

  test('accepts a sound configuration with its included file', () => {
    const result = nginx.checkConfiguration(sound, { 'release.conf': 'server_tokens off;\n' });
    expect(result).toEqual({ ok: true, output: expect.stringContaining('test is successful') });
  });

  test('says which of many configurations is wrong, and where', () => {
    const files = { 'release.conf': '' };
    const results = nginx.checkConfigurations([
      { text: sound, files },
      { text: sound.replace('events', 'evens'), files },
      { text: sound, files },
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(results[1]?.output).toContain('unknown directive "evens" in');
  });

  test('checks hundreds of configurations within seconds', () => {
    const results = nginx.checkConfigurations(
      Array.from({ length: 200 }, (_, index) => ({
        text: sound,
        files: { 'release.conf': `keepalive_timeout ${index};` },
      })),
    );
    expect(results.filter(({ ok }) => ok)).toHaveLength(200);
  });
});

for (const { name, reason } of missing) {
  test.skip(`nginx ${name}: ${reason}`, () => {});
}
