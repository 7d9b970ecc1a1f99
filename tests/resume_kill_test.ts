// A training that is killed at random moments, some of them in the middle of writing a checkpoint, and resumed with other
// workers and other batches made ahead, ends with the bits of one that nobody killed. `deno task soak` has more kills.
import { killedTrainingsEndAlike } from "./support/kill.ts";

Deno.test("five kills, one of them while a checkpoint is written", () => killedTrainingsEndAlike(5, 1));
