// The question of a network load balancer, whether nginx serves: with the header of the PROXY protocol, where it sends one.
import { join } from 'node:path';
import { Upstream } from 'cdktf-aiwm';
import '../../support/aws/render-on-aws';
import { cleanUp } from '../../support/machine/clean-up';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { RenderedFront } from '../../support/front/rendered-front';

afterAll(cleanUp);

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** Version 2, as a network load balancer has it: PROXY for a client, LOCAL for itself. */
function header(command: 'PROXY' | 'LOCAL', family: number, addresses: readonly number[]): Buffer {
  const versionAndCommand = command === 'PROXY' ? 0x21 : 0x20;
  return Buffer.concat([
    SIGNATURE,
    Buffer.from([versionAndCommand, family, 0, addresses.length, ...addresses]),
  ]);
}

const FROM_10_0_1_7_TO_10_0_11_9 = [10, 0, 1, 7, 10, 0, 11, 9, 0xc3, 0x50, 0x1f, 0x92];
/** As AWS adds it: a CRC32C of the header. nginx skips what it does not know. */
const CHECKSUM = [0x03, 0, 4, 1, 2, 3, 4];

const headers: readonly [string, Buffer][] = [
  ['PROXY', header('PROXY', 0x11, FROM_10_0_1_7_TO_10_0_11_9)],
  ['PROXY with a checksum', header('PROXY', 0x11, [...FROM_10_0_1_7_TO_10_0_11_9, ...CHECKSUM])],
  ['LOCAL with addresses', header('LOCAL', 0x11, FROM_10_0_1_7_TO_10_0_11_9)],
  ['LOCAL without any', header('LOCAL', 0, [])],
];

async function ask(proxyProtocol: boolean, preamble?: Buffer): Promise<string> {
  const front = await RenderedFront.start({
    proxyProtocol,
    upstream: Upstream.servers(['127.0.0.1:9']),
  });
  const path = join(front.nginx.prefix, 'health.sock');
  const answer = await rawExchange({ path }, rawGet('/nginx-health', { Host: '10.0.11.9:8082' }), {
    preamble,
  });
  return answer.split('\r\n')[0]!;
}

test('without the PROXY protocol', async () => {
  expect(await ask(false)).toBe('HTTP/1.1 204 No Content');
});

test.each(headers)('by the PROXY protocol: %s', async (_, preamble) => {
  expect(await ask(true, preamble)).toBe('HTTP/1.1 204 No Content');
});
