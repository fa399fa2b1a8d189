import { conf, rendered } from '../support/front/intent';

test.each([
  [1, 1026, 1538],
  [10_000, 21_024, 21_536],
  [15_000, 31_024, 31_536],
  [1_000_000, 2_001_024, 2_001_536],
])(
  '%i WebSockets: any one worker may come to hold all of them, with two connections each',
  (expectedConnections, connections, files) => {
    const result = conf({ expectedConnections });
    expect(result.block('events').value('worker_connections')).toBe(String(connections));
    expect(result.value('worker_rlimit_nofile')).toBe(String(files));
    expect(result.value('worker_processes')).toBe('auto');
  },
);

test('old workers end when the drain timeout is over', () => {
  expect(conf({ drainTimeout: '15m' }).value('worker_shutdown_timeout')).toBe('15m');
});

test('files lie where the platform says', () => {
  const layout = {
    user: 'www-data',
    pidFile: '/run/nginx.pid',
    errorLog: 'stderr',
    accessLog: '/dev/stdout',
    tempDirectory: '/var/tmp/nginx',
  };
  const result = conf({ layout });
  expect(result.value('user')).toBe('www-data');
  expect(result.value('pid')).toBe('/run/nginx.pid');
  expect(result.value('error_log')).toBe('stderr notice');
  expect(result.http.value('access_log')).toBe('/dev/stdout aiwm buffer=64k flush=1s');
  const temporary = result.http.directives.filter(({ name }) => name.endsWith('_temp_path'));
  expect(temporary.map(({ args }) => args[0])).toEqual(
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `/var/tmp/nginx/${kind}`),
  );
  const bare = conf({ layout: { tempDirectory: undefined } });
  expect(bare.has('user')).toBe(false);
  expect(bare.deep().filter(({ name }) => name.endsWith('_temp_path'))).toEqual([]);
});

test('nginx does not tell its version', () => {
  expect(conf().http.value('server_tokens')).toBe('off');
});

test('the first line says whose file it is', () => {
  expect(rendered({ title: 'Chat/Frontend' })).toMatch(
    /^# Chat\/Frontend: rendered by cdktf-aiwm\. Change the stack, not this file\.\n/,
  );
});
