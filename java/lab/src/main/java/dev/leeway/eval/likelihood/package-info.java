/**
 * What probabilities of text tell: the reward that would turn one model's next-token distribution into another's, and how human-like or
 * warm an answer sounds by who is likely to have said it.
 */
package dev.leeway.eval.likelihood;
