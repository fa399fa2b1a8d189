import { conf, rendered } from '../support/front/intent';

/** What a log must not hold: queries carry session ids and tokens, headers carry credentials. */
const SECRETIVE =
  /\$(args|query_string|arg_\w+|request|request_uri|http_\w+|cookie_\w+|sent_http_set_cookie)\b/;

describe.each(['readable', 'json'] as const)('%s', (accessLog) => {
  const { http } = conf({ accessLog });
  const [name, ...format] = http.all('log_format')[0]!;

  test('names the instance and how the request went', () => {
    expect(http.value('access_log')).toBe(`logs/access.log ${name} buffer=64k flush=1s`);
    const text = format.join('');
    for (const variable of [
      '$upstream_addr',
      '$upstream_status',
      '$upstream_connect_time',
      '$status',
      '$uri',
      '$request_time',
      '$ws_upgrade',
    ]) {
      expect(text).toContain(variable);
    }
  });

  test('holds no query and no credentials', () => {
    expect(format.join('')).not.toMatch(SECRETIVE);
  });
});

test('JSON is JSON, whatever the values', () => {
  const [, escape, ...format] = conf({ accessLog: 'json' }).http.all('log_format')[0]!;
  expect(escape).toBe('escape=json');
  const line = JSON.parse(format.join('')) as Record<string, string>;
  expect(line.upstream).toBe('$upstream_addr');
  expect(line.path).toBe('$uri');
});

test('off', () => {
  const { http } = conf({ accessLog: 'off' });
  expect(http.value('access_log')).toBe('off');
  expect(http.has('log_format')).toBe(false);
});

test('a wrapped log format stands on lines of its own', () => {
  expect(rendered({ accessLog: 'json' })).toMatch(
    /log_format aiwm\n {8}escape=json\n {8}'\{"time":"\$time_iso8601",'\n/,
  );
});

test.each(['readable', 'json'] as const)(
  'each line of the %s format is quoted alike',
  (accessLog) => {
    const [, lines = ''] = /log_format aiwm\n([^;]+);/.exec(rendered({ accessLog })) ?? [];
    const quoted = lines
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== 'escape=json');
    expect(quoted.length).toBeGreaterThan(3);
    expect(quoted.filter((line) => !/^'[^']*'$/.test(line))).toEqual([]);
  },
);
