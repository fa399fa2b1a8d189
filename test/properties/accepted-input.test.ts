// Whatever is accepted renders a configuration that can be read again, is sound, and says what was asked for.
import fc from 'fast-check';
import { acceptedFront, buildFront } from '../support/front/accepted-front';
import { expectSays, expectSound } from '../support/front/front-meaning';
import { FrontConf } from '../support/front/nginx-tree';
import { Estate } from '../support/stack/site';

const CASES = 2000;

test(`${CASES} fronts of all kinds`, () => {
  const estate = new Estate();
  fc.assert(
    fc.property(acceptedFront, (asked) => {
      const { configuration } = estate.build((site) => buildFront(site, asked));
      expect(configuration).not.toMatch(/[$%]\{/);
      const conf = FrontConf.parse(configuration);
      expectSound(conf);
      expectSays(conf, asked);
    }),
    { numRuns: CASES },
  );
});

test('the same input renders the same text', () => {
  const estates = [new Estate(), new Estate()];
  fc.assert(
    fc.property(acceptedFront, (asked) => {
      const [one, other] = estates.map((estate) =>
        estate.build((site) => buildFront(site, asked).configuration),
      );
      expect(one).toBe(other);
    }),
    { numRuns: 100 },
  );
});
