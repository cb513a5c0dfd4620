/** Sampling and generation with the training weights in place. */
package dev.leeway.rollout;
