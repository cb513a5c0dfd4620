/**
 * Benchmarks whose answers are scored by a rule: the same number, the same text, the share of capitals, the language, a refusal's words,
 * tests that pass, what a reply confirms.
 */
package dev.leeway.eval.rule;
