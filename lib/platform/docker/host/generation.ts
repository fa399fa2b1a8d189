import { createHash } from 'node:crypto';
import { Fn, Op, Token } from 'cdktf';
import { TokensInText } from '../../../terraform/tokens-in-text';
import type { Subnet } from '../engine/subnet';
import { BLOCK_SIZE } from '../engine/subnet';

/**
 * Identity of a generation of instances: a hash of the specification that they share.
 *
 * Docker cannot give one address to two containers, and a new generation runs beside the old one until nginx uses it.
 * So every generation has a name and a block of addresses of its own.
 *
 * @internal
 */
export class Generation {
  /** Eight hexadecimal digits; a Token if the specification contains one. */
  public readonly id: string;
  private readonly isKnown: boolean;

  public constructor(specification: Record<string, unknown>) {
    const tokens = new TokensInText();
    const known = sha256(tokens.hide(JSON.stringify(specification)));
    this.isKnown = tokens.hidden.length === 0;
    // Terraform hashes the Tokens with a hash of the rest, because its functions accept no text with quotes in it.
    this.id = this.isKnown
      ? known.slice(0, 8)
      : Token.asString(
          Fn.substr(
            Fn.sha256(Fn.join('-', [known, ...tokens.hidden.map((each) => Fn.sha256(each))])),
            0,
            8,
          ),
        );
  }

  /** Address of a slot, counted from 0. */
  public address(subnet: Subnet, slot: number): string {
    if (this.isKnown) {
      return subnet.instance(parseInt(this.id, 16), slot);
    }
    const block = Op.add(1, Op.mod(Fn.parseint(this.id, 16), subnet.generations));
    const start = Op.mul(block, BLOCK_SIZE);
    // cdktf drops a 0 from a sum.
    return Fn.cidrhost(subnet.cidr, Token.asNumber(slot === 0 ? start : Op.add(start, slot)));
  }

  /** Address of a Redis of this generation. */
  public redisAddress(subnet: Subnet): string {
    if (this.isKnown) {
      return subnet.redis(parseInt(this.id, 16));
    }
    const offset = Op.mod(Fn.parseint(this.id, 16), subnet.redisGenerations);
    return Fn.cidrhost(subnet.cidr, Token.asNumber(Op.add(subnet.firstOfRedis, offset)));
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
