const BOLD = '1';
const DIM = '2';
const RED = '31';
const GREEN = '32';

/** What the demo shows, and what has to be put away whatever happens. */
export class Stage {
  private readonly started = Date.now();
  private readonly cleanUps: (() => Promise<void> | void)[] = [];
  private step = 0;
  private ending = false;

  /** A heading for what comes now. */
  public next(title: string): void {
    this.refuseWhenEnding();
    this.step += 1;
    console.log(`\n${paint(BOLD, `${this.step}. ${title}`)}`);
  }

  /** Something that was seen. */
  public say(text: string): void {
    console.log(indent(text));
  }

  /** Something that goes by. */
  public murmur(text: string): void {
    console.log(indent(paint(DIM, text)));
  }

  /** Something that was promised and holds. */
  public check(text: string): void {
    console.log(indent(`${paint(GREEN, '✓')} ${text}`));
  }

  /** Run at the end, also after a failure; the last one first. */
  public afterwards(cleanUp: () => Promise<void> | void): void {
    this.cleanUps.push(cleanUp);
  }

  public async end(): Promise<void> {
    await this.cleanUp();
    const seconds = ((Date.now() - this.started) / 1000).toFixed(0);
    console.log(
      `\n${paint(GREEN, `The demo is complete (${seconds} s). Nothing is left running.`)}`,
    );
    process.exit(0);
  }

  public async fail(error: unknown): Promise<void> {
    if (this.ending) {
      return;
    }
    console.error(`\n${paint(RED, `The demo failed: ${messageOf(error)}`)}`);
    const clean = await this.cleanUp();
    console.error(
      paint(RED, clean ? 'Everything it had started is stopped.' : 'See above for what is left.'),
    );
    process.exit(1);
  }

  public interrupt(): void {
    if (this.ending) {
      return;
    }
    console.error('\nInterrupted: putting everything away …');
    void this.cleanUp().then(() => process.exit(130));
  }

  private async cleanUp(): Promise<boolean> {
    this.ending = true;
    let clean = true;
    for (const cleanUp of this.cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        clean = false;
        console.error(indent(messageOf(error)));
      }
    }
    return clean;
  }

  private refuseWhenEnding(): void {
    if (this.ending) {
      throw new Error('interrupted');
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '   ');
}

function paint(code: string, text: string): string {
  return process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;
}
