/**
 * The version of this library, for reports and files that say what wrote them. A test keeps it equal to `deno.json`.
 * @module
 */

/** Version of wgrad. */
export const version = "0.1.0";
