/**
 * What a page that trains a recurrent model takes from `mod.ts`: `tools/build.ts` measures how large a bundler makes it.
 * @module
 */
import { init, nn, noGrad, optim, sync, tensor, tidy } from "../mod.ts";

export { init, nn, noGrad, optim, sync, tensor, tidy };
