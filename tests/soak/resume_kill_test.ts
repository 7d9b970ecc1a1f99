// Twenty kills, five of them while a checkpoint is written.
import { killedTrainingsEndAlike } from "../support/kill.ts";

Deno.test("twenty kills end alike", () => killedTrainingsEndAlike(20, 2));
