/** Losses as pure functions of per-token scores, in double. */
package dev.leeway.objective;
