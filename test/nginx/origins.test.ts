import { conf } from '../support/front/intent';

const RULE = { name: 'if', args: ['($origin_allowed', '=', '0)'] };

/** Whether it is a condition on the verdict. */
const asksForOrigin = ({ name, args }: { name: string; args: readonly string[] }) =>
  name === 'if' && args.join(' ').includes('$origin_allowed');

describe('an allow-list of origins', () => {
  const result = conf({
    allowedOrigins: [
      'https://app.example.org',
      'http://localhost:5173',
      'https://*.y.example',
      'https://*.ports.example:8443',
    ],
  });
  const verdict = (origin: string) => result.lookUp('$origin_allowed', origin);

  test('is looked up for the Origin of a request', () => {
    expect(result.map('$origin_allowed').of).toBe('$http_origin');
  });

  test.each([
    ['none, as native clients have it', ''],
    ['one of the list', 'https://app.example.org'],
    ['one with a port', 'http://localhost:5173'],
    ['a name below a wildcard', 'https://x.y.example'],
    ['a name further below', 'https://a.b-1.y.example'],
    ['a name below a wildcard with a port', 'https://x.ports.example:8443'],
  ])('lets in %s', (_, origin) => {
    expect(verdict(origin)).toBe('1');
  });

  test.each([
    'https://app.example.org.evil',
    'https://evil-app.example.org',
    'http://app.example.org',
    'https://app.example.org:8443',
    'https://appxexample.org',
    'null',
    'default',
    // around the wildcard
    'https://y.example',
    'https://.y.example',
    'https://evil-y.example',
    'https://evily.example',
    'https://x.y.example.evil',
    'https://x.yxexample',
    'http://x.y.example',
    'https://x.y.example:8443',
    'https://evil.org/.y.example',
    'https://evil.org?.y.example',
    'https://evil.org#x.y.example',
    'https://user@x.y.example',
    'https://evil\n.y.example',
    'x https://x.y.example',
    'https://x.ports.example',
    'https://x.ports.example:84430',
  ])('keeps out %j', (origin) => {
    expect(verdict(origin)).toBe('0');
  });

  test('is asked first on the WebSocket path, and only there', () => {
    const [first] = result.location('/dev/aiwm/chat/').directives;
    expect(first).toEqual({ ...RULE, block: [{ name: 'return', args: ['403'] }] });
    expect(result.deep().filter(asksForOrigin)).toHaveLength(1);
  });

  test('is asked on both forms of a plain WebSocket path', () => {
    const plain = conf({
      allowedOrigins: ['https://a.example'],
      routes: { webSocket: { path: '/ws', engineIo: false } },
    });
    const rule = { ...RULE, block: [{ name: 'return', args: ['403'] }] };
    expect(plain.location('= /ws').directives[0]).toEqual(rule);
    expect(plain.location('/ws/').directives[0]).toEqual(rule);
  });
});

test('without one nothing is asked', () => {
  const result = conf();
  expect(result.mapped).not.toContain('$origin_allowed');
  expect(result.deep().filter(asksForOrigin)).toEqual([]);
});
