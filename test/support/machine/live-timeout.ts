// Live tests start processes and wait for them; `testTimeout` is not a per-project option of jest.
jest.setTimeout(120_000);
